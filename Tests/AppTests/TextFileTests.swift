import ArgumentParser
import Foundation
import Testing

@testable import propertypro

@Suite struct TextFileTests {
    private func lines(_ content: String) throws -> [String] {
        let path = NSTemporaryDirectory() + "texts-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(content.utf8).write(to: URL(fileURLWithPath: path))
        return try TextFile.lines(path)
    }

    @Test func linesOfEverySystem() throws {
        #expect(try lines("flat\nvilla\n") == ["flat", "villa"])
        #expect(try lines("flat\r\nvilla\r\n") == ["flat", "villa"])
        #expect(try lines("flat\r\n\r\nvilla") == ["flat", "", "villa"])
        #expect(try lines("\n\nsea\n\n") == ["", "", "sea", ""])
        #expect(try lines("") == [])
    }

    @Test func whatCannotBeReadIsSaid() {
        #expect(throws: ValidationError.self) { try TextFile.lines("/nowhere/texts") }
    }
}
