import ArgumentParser
import Foundation

/// A file of texts, UTF-8, one a line; lines end with LF or CRLF, and the last one may end without.
enum TextFile {
    /// Empty lines count.
    static func lines(_ path: String) throws -> [String] {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ValidationError("Could not read \(path): \(error.localizedDescription)")
        }
        // CRLF is one Character.
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}
