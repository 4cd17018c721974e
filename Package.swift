// swift-tools-version:6.2
import PackageDescription

/// CI makes warnings of our own targets errors; whoever builds the program with a newer compiler is not stopped by one.
let warningsAreErrors = Context.environment["PROPERTYPRO_WARNINGS"] == "errors"

/// The one list of Swift settings. Every Swift target uses it as it is.
let swiftSettings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

/// Targets that hold raw memory also prove every unsafe expression by a mark.
let strictSettings: [SwiftSetting] = swiftSettings + [.strictMemorySafety()]

let package = Package(
    name: "propertypro",
    products: [
        .executable(name: "propertypro", targets: ["propertypro"]),
        .library(name: "VectorIndex", targets: ["VectorIndex"]),
        .library(name: "VectorStore", targets: ["VectorStore"]),
        .library(name: "Embedding", targets: ["Embedding"]),
        .library(name: "Ingest", targets: ["Ingest"]),
    ],
    dependencies: [
        // No traits: TLS, HTTP/2 and the test client of Hummingbird would each compile a BoringSSL of their own.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C libraries of the system: a module map and a header each.
        .systemLibrary(
            name: "COpenBLAS", path: "Sources/System/COpenBLAS", pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
        .systemLibrary(
            name: "CPoppler", path: "Sources/System/CPoppler", pkgConfig: "poppler-glib",
            providers: [.apt(["libpoppler-glib-dev"])]),
        .systemLibrary(
            name: "CLibZip", path: "Sources/System/CLibZip", pkgConfig: "libzip",
            providers: [.apt(["libzip-dev"])]),
        .systemLibrary(
            name: "CLibXML2", path: "Sources/System/CLibXML2", pkgConfig: "libxml-2.0",
            providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/System/COpenSSL", pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CArgon2", path: "Sources/System/CArgon2", pkgConfig: "libargon2",
            providers: [.apt(["libargon2-dev"])]),

        // The engine, from the bottom up.
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])], linkerSettings: [.linkedLibrary("m")]),
        .target(name: "Kernels", dependencies: ["CKernels", "COpenBLAS"], swiftSettings: strictSettings),
        .target(name: "VectorIndex", dependencies: ["Kernels"], swiftSettings: strictSettings),
        .target(name: "Embedding", dependencies: ["Kernels"], swiftSettings: strictSettings),
        .target(name: "Ingest", dependencies: ["CPoppler", "CLibZip", "CLibXML2"], swiftSettings: swiftSettings),
        .target(
            name: "Store",
            dependencies: [.product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: swiftSettings),
        .target(name: "Threads", swiftSettings: swiftSettings),
        .target(name: "VectorStore", dependencies: ["Store", "VectorIndex", "Threads"], swiftSettings: swiftSettings),
        .target(name: "CRM", dependencies: ["Store", "Threads", "CArgon2", "COpenSSL"], swiftSettings: swiftSettings),
        .target(
            name: "Assist",
            dependencies: [
                "VectorStore", "Embedding", "Ingest", "Threads", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "API",
            dependencies: [
                "Assist", "CRM", "Embedding", "Ingest", "Store", "Threads", "VectorStore", "COpenSSL",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("openapi.json")],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "propertypro",
            dependencies: [
                "API", "Assist", "Embedding", "Ingest", "Store", "Threads", "VectorIndex", "VectorStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/App",
            swiftSettings: swiftSettings),

        // Tests, one target a module. Those that need the extraction worker start the program itself.
        .target(name: "TestSupport", dependencies: ["Store"], path: "Tests/TestSupport", swiftSettings: swiftSettings),
        .testTarget(name: "RepositoryTests", swiftSettings: swiftSettings),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"], swiftSettings: swiftSettings),
        .testTarget(
            name: "VectorIndexTests", dependencies: ["VectorIndex", "Kernels", "TestSupport"],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "StoreProbe", dependencies: ["Store"], path: "Tests/StoreProbe", swiftSettings: swiftSettings),
        .testTarget(name: "EmbeddingTests", dependencies: ["Embedding", "Kernels"], swiftSettings: swiftSettings),
        .testTarget(
            name: "StoreTests", dependencies: ["Store", "StoreProbe", "TestSupport"], swiftSettings: swiftSettings),
        .testTarget(name: "ThreadsTests", dependencies: ["Threads"], swiftSettings: swiftSettings),
        .testTarget(
            name: "CRMTests", dependencies: ["CRM", "Store", "Threads", "TestSupport"], swiftSettings: swiftSettings),
        .testTarget(
            name: "IngestTests", dependencies: ["Ingest", "TestSupport", "propertypro"], swiftSettings: swiftSettings),
        .testTarget(
            name: "VectorStoreTests", dependencies: ["VectorStore", "Store", "Threads", "TestSupport"],
            exclude: ["Import/folders"], swiftSettings: swiftSettings),
        .testTarget(
            name: "AssistTests",
            dependencies: [
                "Assist", "Embedding", "Ingest", "VectorStore", "Store", "Threads", "TestSupport", "propertypro",
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "AppTests",
            dependencies: [
                "TestSupport", "VectorIndex", "propertypro",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "APITests",
            dependencies: [
                "API", "CRM", "Store", "Threads", "TestSupport", "propertypro",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings),
    ]
)
