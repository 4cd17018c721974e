/// What a glyph's scalar stands for as text.
enum GlyphText {
    /// Appends the meaning of a scalar: ligatures as letters, symbol-font bullets as bullets; soft hyphens, zero-width
    /// marks and control characters vanish.
    static func append(_ scalar: Unicode.Scalar, to text: inout String.UnicodeScalarView) {
        switch scalar.value {
        case 0x20..<0x7F: text.append(scalar)
        case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFEFF: break
        case 0xFB00...0xFB06: text.append(contentsOf: latinLigatures[Int(scalar.value) - 0xFB00].unicodeScalars)
        // Bullets of the Symbol and Wingdings fonts, which live in the private use area.
        case 0xF0A7, 0xF0A8, 0xF0B7, 0xF076, 0xF0D8, 0xF0FC: text.append("•")
        case 0xE000...0xF8FF: break
        default: text.append(scalar)
        }
    }

    private static let latinLigatures = ["ff", "fi", "fl", "ffi", "ffl", "st", "st"]

    /// The text without leaders (of a table of contents) and without spaces before a full stop or comma.
    static func tidied(_ text: String) -> String {
        let text = collapsingLeaders(text)
        guard text.contains(" .") || text.contains(" ,") else { return text }
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if scalar == " ", index + 1 < scalars.count, scalars[index + 1] == "." || scalars[index + 1] == ",",
                index + 2 == scalars.count || scalars[index + 2] == " "
            {
                continue
            }
            result.append(scalar)
        }
        return String(result)
    }

    /// Leaders of a table of contents ("Title ......... 7") as one ellipsis.
    private static func collapsingLeaders(_ text: String) -> String {
        guard text.contains("..") || text.contains("\u{2026}") || text.contains("__") || text.contains(". .") else {
            return text
        }
        var result = String.UnicodeScalarView()
        var dots: [Unicode.Scalar] = []
        func flush() {
            let count = dots.count { $0 == "." || $0 == "\u{2026}" || $0 == "_" }
            if count > 3 { result.append(contentsOf: " … ".unicodeScalars) } else { result.append(contentsOf: dots) }
            dots.removeAll(keepingCapacity: true)
        }
        for scalar in text.unicodeScalars {
            let isDot = scalar == "." || scalar == "\u{2026}" || scalar == "_"
            if isDot || (scalar == " " && !dots.isEmpty) {
                dots.append(scalar)
            } else {
                flush()
                result.append(scalar)
            }
        }
        flush()
        return String(result).collapsingWhiteSpace()
    }
}
