import Foundation

/// One text file of the repository: the path from its top folder, and the content.
struct TextFile: Sendable {
    let path: String
    let text: String

    /// The lines with their numbers, the first line being 1.
    var lines: [(number: Int, text: Substring)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ($0.offset + 1, $0.element) }
    }
}

/// A broken rule: where, and what to do about it.
struct Violation: Equatable, CustomStringConvertible {
    let path: String
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// The folder that holds Package.swift, and what lies in it.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Folders of results, caches and data: nobody wrote what is in them.
    private static let skippedFolders: Set<String> = [".build", ".git", ".swiftpm", ".cache", "data", "__pycache__"]

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    static func file(_ path: String) -> TextFile? {
        guard let data = FileManager.default.contents(atPath: root.appendingPathComponent(path).path) else {
            return nil
        }
        return String(data: data, encoding: .utf8).map { TextFile(path: path, text: $0) }
    }

    /// Every text file below the folder, in the order of their paths. Files that are not UTF-8 are left out.
    static func files(under folder: String = "", extensions: Set<String>? = nil) -> [TextFile] {
        paths(under: folder).compactMap { path in
            if let extensions, !extensions.contains((path as NSString).pathExtension) { return nil }
            return file(path)
        }
    }

    static func swiftSources() -> [TextFile] { files(under: "Sources", extensions: ["swift"]) }

    private static func paths(under folder: String) -> [String] {
        let location = root.appendingPathComponent(folder).path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: location)) ?? []
        return names.sorted().flatMap { name -> [String] in
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path, isDirectory: &isFolder)
            else { return [] }
            if !isFolder.boolValue { return [path] }
            if skippedFolders.contains(name) || name.hasPrefix(".build") { return [] }
            return paths(under: path)
        }
    }
}
