import Foundation
import TestSupport
import Testing

@testable import VectorStore

/// A small Chroma folder that a real chromadb has made (`folders/make.py`), unpacked, and what chromadb says is in it.
final class ChromaSample {
    let folder = try? TemporaryFolder()
    let path: String
    let truth: [Collection]

    struct Collection: Decodable {
        let id: String
        let name: String
        let metadata: [String: MetadataValue]
        let records: [Sample]
    }

    struct Sample: Decodable {
        let id: String
        let text: String?
        let uri: String?
        let metadata: [String: MetadataValue]
        let vector: [Float]
    }

    init(_ version: String) throws {
        let folders = (#filePath as NSString).deletingLastPathComponent + "/folders/"
        truth = try JSONDecoder().decode(
            [Collection].self, from: Data(contentsOf: URL(filePath: folders + version + ".json")))
        path = try #require(folder).path + "/chroma"
        let tar = Process()
        tar.executableURL = URL(filePath: "/usr/bin/env")
        tar.arguments = ["tar", "-xzf", folders + version + ".tar.gz", "-C", try #require(folder).path]
        try tar.run()
        tar.waitUntilExit()
        try #require(tar.terminationStatus == 0)
    }

    /// The files of this name, one for each collection whose vectors are in files.
    func files(_ name: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).filter { $0.hasSuffix("/" + name) }.sorted()
            .map { path + "/" + $0 }
    }
}
