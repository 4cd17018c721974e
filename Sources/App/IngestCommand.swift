import API
import ArgumentParser
import Assist
import Foundation
import Store
import VectorStore

struct Ingest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads PDF, DOCX and CSV files into the data folder.",
        discussion: """
            Folders are searched for files of these three kinds. A file that is there already is left alone; work
            that was interrupted goes on where it stood. Exit code 0 when every file can be used, 1 otherwise.
              propertypro ingest contracts/ listings.csv --data ./data
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "Files and folders.") var paths: [String]

    func run() async throws {
        let candidates = try Self.files(at: paths)
        let summary = try await common.withInstallation("ingest", makesFolder: true) { installation in
            try await IngestRunner(installation: installation).run(candidates)
        }
        if common.json {
            try Output.json(summary)
        } else {
            Self.show(summary)
        }
        if summary.files.contains(where: { !$0.isUsable }) { throw ExitCode(1) }
    }

    /// Files named or found, in order of name.
    static func files(at paths: [String]) throws -> [String] {
        let known: Set = ["pdf", "docx", "csv", "tsv"]
        var files: [String] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw ValidationError("There is no file or folder \(path).")
            }
            guard isFolder.boolValue else {
                files.append(path)
                continue
            }
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            files += names.filter { known.contains(($0 as NSString).pathExtension.lowercased()) }.sorted()
                .map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
        }
        guard !files.isEmpty else {
            throw ValidationError("No PDF, DOCX or CSV file in \(paths.joined(separator: ", ")).")
        }
        return files
    }

    private static func show(_ summary: IngestReport) {
        Output.table(
            [["file", "state", "pages", "rows", "passages"]]
                + summary.files.map { file in
                    [
                        file.file, file.failure ?? file.state, file.pages.map(String.init) ?? "",
                        file.rows.map(String.init) ?? "", file.passages.map(String.init) ?? "",
                    ]
                })
        for file in summary.files { if let detail = file.detail { Output.note("\(file.file): \(detail)") } }
        Output.line(
            """
            \(summary.files.count) files, \(summary.passages) passages in \
            \(String(format: "%.1f", summary.seconds)) s, peak memory \(Output.megabytes(summary.peakBytes)) \
            (reader \(Output.megabytes(summary.workerPeakBytes)))
            """)
    }
}
