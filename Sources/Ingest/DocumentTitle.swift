/// Decides whether the title that a file carries says anything: programs fill it with their own name or a path.
enum DocumentTitle {
    private static let maximumCharacters = 300
    private static let meaningless: Set<String> = [
        "untitled", "untitled document", "powerpoint presentation", "document", "document1", "(anonymous)", "title",
        "word document", "microsoft word document", "presentation1", "slide 1", "(unspecified)", "none", "null",
    ]

    /// The title with single spaces, or nil.
    static func usable(_ title: String?) -> String? {
        guard var text = title?.collapsingWhiteSpace(), !text.isEmpty else { return nil }
        for prefix in ["Microsoft Word - ", "Microsoft PowerPoint - "] where text.hasPrefix(prefix) {
            text.removeFirst(prefix.count)
        }
        let lower = text.lowercased()
        guard !meaningless.contains(lower), text.unicodeScalars.count <= maximumCharacters else { return nil }
        // A file name is no title.
        for ending in [".doc", ".docx", ".pdf", ".indd", ".ppt", ".pptx"] where lower.hasSuffix(ending) { return nil }
        guard text.unicodeScalars.contains(where: { $0.properties.isAlphabetic }) else { return nil }
        return text
    }
}
