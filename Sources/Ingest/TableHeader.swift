/// Guesses whether the first row of a table names its columns, where the file does not say so.
enum TableHeader {
    /// Names are short, at least two, and hold no numbers.
    static func isLikely(_ cells: [String]) -> Bool {
        let filled = cells.filter { !$0.isEmpty }
        guard filled.count >= 2, filled.count * 2 > cells.count else { return false }
        return filled.allSatisfy { cell in
            cell.unicodeScalars.count <= 60 && !cell.unicodeScalars.contains { ("0"..."9").contains($0) }
        }
    }
}
