import Foundation

/// A fresh directory for one test, removed afterwards.
func withTemporaryDirectory<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "vector-index-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory.path(percentEncoded: false).trimmingSuffix("/"))
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

func readBytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

func writeBytes(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

/// Flips bits of one byte of a file while `body` runs.
func withFlippedByte(_ path: String, at position: Int, mask: UInt8, _ body: () throws -> Void) throws {
    func flip() throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.seek(toOffset: UInt64(position))
        let byte = try file.read(upToCount: 1)?.first ?? 0
        try file.seek(toOffset: UInt64(position))
        try file.write(contentsOf: Data([byte ^ mask]))
        try file.close()
    }
    try flip()
    try body()
    try flip()
}
