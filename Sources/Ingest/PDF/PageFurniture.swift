/// Finds what is printed on every page around the text: running headers, footers, page numbers.
///
/// A row counts as furniture when it stands in the outer band of the page, apart from the text, and comes again at the
/// same height on enough pages. Such rows are set apart: they are not in the document's text.
struct PageFurniture {
    /// Share of the page's height, at its top and bottom, where furniture stands.
    private static let band = 0.12
    private static let candidatesPerEdge = 3
    private static let minimumPages = 3
    private static let minimumShare = 0.3
    /// Heights are compared in steps of this many points.
    private static let step = 8.0

    private let keys: Set<String>

    init(pages: [(height: Double, rows: [PageRow])]) {
        var counts: [String: Int] = [:]
        for page in pages {
            var seen: Set<String> = []
            for row in Self.candidates(of: page.rows, height: page.height) {
                for key in Self.keys(of: row, height: page.height) { seen.insert(key) }
            }
            for key in seen { counts[key, default: 0] += 1 }
        }
        let needed = max(Self.minimumPages, Int((Double(pages.count) * Self.minimumShare).rounded(.up)))
        keys = Set(counts.filter { $0.value >= needed }.keys)
    }

    /// The rows that belong to the text.
    func removing(from rows: [PageRow], height: Double) -> [PageRow] {
        guard !keys.isEmpty else { return rows }
        let furniture = Self.candidates(of: rows, height: height).filter { row in
            Self.keys(of: row, height: height).contains(where: keys.contains)
        }
        let heights = Set(furniture.map { $0.box.y })
        return rows.filter { !heights.contains($0.box.y) }
    }

    /// Rows in the outer bands that stand apart from the next row inwards.
    private static func candidates(of rows: [PageRow], height: Double) -> [PageRow] {
        var result: [PageRow] = []
        for index in rows.indices.prefix(candidatesPerEdge) where rows[index].box.bottom < height * band {
            let gap = index + 1 < rows.count ? rows[index + 1].box.y - rows[index].box.bottom : .infinity
            if gap > 0.6 * rows[index].box.height || isPageNumber(rows[index].text) { result.append(rows[index]) }
        }
        for index in rows.indices.suffix(candidatesPerEdge) where rows[index].box.y > height * (1 - band) {
            let gap = index > 0 ? rows[index].box.y - rows[index - 1].box.bottom : .infinity
            if gap > 0.6 * rows[index].box.height || isPageNumber(rows[index].text) { result.append(rows[index]) }
        }
        return result
    }

    /// Text and height, the height in two grids so that a small shift does not matter.
    private static func keys(of row: PageRow, height: Double) -> [String] {
        let text = row.text
        let name = isPageNumber(text) ? "#" : text
        let place = (row.box.middle / step).rounded(.down)
        let shifted = (row.box.middle / step + 0.5).rounded(.down)
        return ["a\(place) \(name)", "b\(shifted) \(name)"]
    }

    /// "12", "- 12 -", "Page 12 of 80", "xii".
    static func isPageNumber(_ text: String) -> Bool {
        guard text.utf8.count <= 24 else { return false }
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        guard !words.isEmpty, words.count <= 4 else { return false }
        var numbers = 0
        for word in words {
            if word.allSatisfy(\.isWholeNumber) || word.allSatisfy({ "ivxlc".contains($0) }) {
                numbers += 1
            } else if word != "page" && word != "of" && word != "p" {
                return false
            }
        }
        return (1...2).contains(numbers)
    }
}
