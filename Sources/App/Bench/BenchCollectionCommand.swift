import ArgumentParser
import Foundation

extension Bench {
    struct Collection: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "collection",
            abstract: "Measures a collection: adding records, and queries with filters of every kind and share.",
            discussion: """
                Stores the vectors with metadata and texts in a collection below --work, or uses the one that is there, and
                asks each filter by some queries, in turn with the same queries unfiltered. Recall is that of 10 neighbors
                against the exact answer.
                  propertypro bench collection --base base.fbin --queries queries.fbin --work folder
                """)

        @Option(name: .long, help: "File of the vectors to store: .fbin or .npy.") var base: String
        @Option(name: .long, help: "File of the vectors to search for: .fbin or .npy.") var queries: String
        @Option(name: .long, help: "Store only the first so many vectors.") var limit: Int?
        @Option(name: .long, help: "Folder for the collection.") var work: String
        @Option(name: .long, help: "Queries for each filter, 1 to 10,000.") var asked = 100
        @Option(name: .long, help: "Kinds of filters, separated by commas.") var kinds = FilterGrid.Kind.allCases
            .map(\.rawValue).joined(separator: ",")
        @Flag(name: .long, help: "Print one JSON object instead of text for people.") var json = false

        private func chosenKinds() throws -> [FilterGrid.Kind] {
            try kinds.split(separator: ",").map { name in
                guard let kind = FilterGrid.Kind(rawValue: String(name)) else {
                    throw ValidationError(
                        "--kinds knows \(FilterGrid.Kind.allCases.map(\.rawValue).joined(separator: ", ")), not \(name)."
                    )
                }
                return kind
            }
        }

        func validate() throws {
            guard (1...10_000).contains(asked) else { throw ValidationError("--asked must be between 1 and 10000.") }
            if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
            _ = try chosenKinds()
        }

        func run() async throws {
            #if DEBUG
                Output.note("This is a debug build: its speeds mean nothing.")
            #endif
            let data = try BenchmarkData(base: base, queries: queries, truth: nil, limit: limit)
            let benchmark = try await CollectionBenchmark(data: data, folder: work)
            let cells = try await benchmark.run(kinds: try chosenKinds(), asked: asked) { cell in
                if !json { Output.line(cell.line) }
            }
            if json { try Output.jsonInSnakeCase(cells) }
        }
    }
}
