/// The marks with which list items begin: bullets, "1.", "(a)", "iv)".
enum ListMarker {
    private static let bullets: Set<Unicode.Scalar> = [
        "•", "‣", "◦", "▪", "▫", "●", "○", "■", "□", "–", "—", "-", "*", "·", "➢", "✓", "✔", "►", "❖",
    ]

    /// Whether the whole text is such a mark.
    static func isMarker(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        if scalars.count == 1, let first = scalars.first { return bullets.contains(first) }
        guard (2...5).contains(scalars.count), let last = scalars.last, last == "." || last == ")" else { return false }
        let body = scalars.dropLast().drop { $0 == "(" }
        guard !body.isEmpty, body.count <= 3 else { return false }
        let isNumber = body.allSatisfy { ("0"..."9").contains($0) }
        let isLetter = body.count == 1 && body.allSatisfy { $0.properties.isAlphabetic }
        let isRoman = body.allSatisfy { "ivxIVX".unicodeScalars.contains($0) }
        return isNumber || isLetter || isRoman
    }

    /// Whether a line begins with a bullet (not a number).
    static func beginsWithBullet(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, bullets.contains(first) else { return false }
        return scalars.dropFirst().first == " "
    }

    /// Whether a line begins with such a mark and goes on with text.
    static func begins(_ text: String) -> Bool {
        let head = text.unicodeScalars.prefix { $0 != " " }
        if head.count < text.unicodeScalars.count, head.count <= 5, isMarker(String(head)) { return true }
        // "1.Newspaper ads": the space after the mark is missing. Decimals and dates are no marks.
        guard let dot = text.unicodeScalars.firstIndex(where: { $0 == "." || $0 == ")" }) else { return false }
        let after = text.unicodeScalars.index(after: dot)
        guard after < text.unicodeScalars.endIndex, text.unicodeScalars[after].properties.isAlphabetic else {
            return false
        }
        let mark = String(text.unicodeScalars[..<after])
        return mark.unicodeScalars.count <= 4 && isMarker(mark)
            && mark.unicodeScalars.dropLast().allSatisfy { ("0"..."9").contains($0) }
    }
}
