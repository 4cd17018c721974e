/// The headings that stand above the current place of a document.
struct HeadingTrail {
    private var entries: [(level: Int, text: String)] = []
    private var lastWasHeading = false

    private static let maximumCharacters = 160
    private static let innermostLevel = 9
    private static let frontMatter: Set<String> = ["contents", "table of contents", "index", "المحتويات"]

    /// Outermost first.
    var path: [String] { entries.map(\.text) }

    /// Adds a heading. One that follows another of its level with no text between belongs to it: "Average Rental Value",
    /// "Article (3)".
    mutating func enter(level: Int, text: String) {
        let text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.maximumCharacters)))
        // A table of contents is no ancestor of the chapters after it.
        let level = Self.frontMatter.contains(text.lowercased()) ? Self.innermostLevel : level
        if lastWasHeading, let last = entries.last, last.level == level,
            last.text.unicodeScalars.count + text.unicodeScalars.count < Self.maximumCharacters
        {
            entries[entries.count - 1].text = last.text + ", " + text
        } else {
            entries.removeAll { $0.level >= level }
            entries.append((level, text))
        }
        lastWasHeading = true
    }

    mutating func passText() { lastWasHeading = false }
}
