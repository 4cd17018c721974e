/// Swift source with comments and the text of string literals replaced by spaces, line by line in place, so that rules
/// see code only. What stands in an interpolation is code and stays. Regex literals are taken for operators.
enum SwiftCode {
    static func strippingCommentsAndStrings(_ source: String) -> String {
        var scanner = Scanner(characters: Array(source))
        scanner.scanCode(untilClosingParenthesis: false)
        return String(scanner.output)
    }

    private struct Scanner {
        let characters: [Character]
        var position = 0
        var output: [Character] = []

        init(characters: [Character]) {
            self.characters = characters
            output.reserveCapacity(characters.count)
        }

        func at(_ text: String) -> Bool {
            var index = position
            for character in text {
                guard index < characters.count, characters[index] == character else { return false }
                index += 1
            }
            return true
        }

        mutating func keep() {
            output.append(characters[position])
            position += 1
        }

        mutating func blank(_ count: Int = 1) {
            for _ in 0..<count where position < characters.count {
                output.append(characters[position].isNewline ? characters[position] : " ")
                position += 1
            }
        }

        /// Code up to the end of the source or, inside an interpolation, up to and including its closing parenthesis.
        mutating func scanCode(untilClosingParenthesis: Bool) {
            var depth = 0
            while position < characters.count {
                if at("//") {
                    while position < characters.count, !characters[position].isNewline { blank() }
                } else if at("/*") {
                    scanBlockComment()
                } else if let hashes = stringStart() {
                    scanString(hashes: hashes)
                } else {
                    if characters[position] == "(" { depth += 1 }
                    if characters[position] == ")" {
                        if depth == 0, untilClosingParenthesis {
                            keep()
                            return
                        }
                        depth -= 1
                    }
                    keep()
                }
            }
        }

        mutating func scanBlockComment() {
            var depth = 0
            repeat {
                if at("/*") {
                    depth += 1
                    blank(2)
                } else if at("*/") {
                    depth -= 1
                    blank(2)
                } else {
                    blank()
                }
            } while depth > 0 && position < characters.count
        }

        /// The number of `#` before the quote if a string literal starts here.
        func stringStart() -> Int? {
            var index = position
            while index < characters.count, characters[index] == "#" { index += 1 }
            guard index < characters.count, characters[index] == "\"" else { return nil }
            return index - position
        }

        mutating func scanString(hashes: Int) {
            let fence = String(repeating: "#", count: hashes)
            for _ in 0..<hashes { keep() }
            let quote = at("\"\"\"") ? "\"\"\"" : "\""
            for _ in quote { keep() }
            while position < characters.count {
                if at(quote + fence) {
                    for _ in quote + fence { keep() }
                    return
                } else if at("\\" + fence + "(") {
                    blank(1 + hashes)
                    keep()
                    scanCode(untilClosingParenthesis: true)
                } else if at("\\" + fence) {
                    blank(2 + hashes)  // The escaped character is text, even a quote.
                } else if characters[position].isNewline, quote.count == 1 {
                    return  // A literal that does not compile: give up on it at the end of its line.
                } else {
                    blank()
                }
            }
        }
    }
}
