/// Fragments side by side with no column gap between them.
struct Cell {
    var fragments: [Fragment]
    var box: PageBox

    var order: Int { fragments.map(\.order).min() ?? 0 }

    /// The size of most of its text.
    var size: Double {
        fragments.max { $0.scalarCount < $1.scalarCount }?.size ?? 1
    }

    var weight: FontWeight {
        // The lightest weight that is not negligible: a line is bold when all of it is.
        let total = fragments.reduce(0) { $0 + $1.scalarCount }
        return fragments.filter { $0.scalarCount * 10 > total }.map(\.weight).min() ?? .regular
    }

    /// The text with reference marks (small raised numbers that point to notes) left out.
    var text: String {
        var result = ""
        var previous: Fragment?
        let size = size
        for (index, fragment) in fragments.enumerated() {
            defer { previous = fragment }
            let next = index + 1 < fragments.count ? fragments[index + 1].text : ""
            if Self.isReferenceMark(fragment, after: result, before: next, size: size) { continue }
            if let previous, !result.isEmpty {
                let gap = fragment.box.x - previous.box.right
                let isTorn = gap < 0.1 * fragment.size && previous.size / fragment.size < 1.25
                if !isTorn, !fragment.text.beginsWithClosingPunctuation { result += " " }
            }
            result += fragment.text
        }
        return result
    }

    private static let units: Set<String> = ["m", "km", "cm", "mm", "ft", "sq", "sqft", "sqm", "in"]

    private static func isReferenceMark(
        _ fragment: Fragment, after text: String, before next: String, size: Double
    ) -> Bool {
        guard fragment.size <= 0.75 * size, fragment.text.utf8.count <= 16,
            fragment.text.unicodeScalars.allSatisfy({ ("0"..."9").contains($0) || $0 == " " || $0 == "," })
        else { return false }
        // At the beginning of a line a mark is told by the punctuation that belongs before it.
        guard let word = text.split(separator: " ").last?.lowercased() else {
            return next.beginsWithClosingPunctuation
        }
        return !units.contains(word) && !units.contains { word.hasSuffix("/" + $0) }
    }
}

extension String {
    /// Whether no space belongs before this text.
    var beginsWithClosingPunctuation: Bool {
        guard let first = unicodeScalars.first else { return false }
        return [".", ",", ";", ":", ")", "!", "?", "%"].contains(first)
    }
}

/// Everything that stands at one height of a page, from left to right.
struct PageRow {
    var cells: [Cell]
    var box: PageBox

    var text: String { cells.map(\.text).joined(separator: " ") }

    /// Groups fragments by height, then joins what has no column gap between. Rows come from top to bottom.
    static func rows(of fragments: [Fragment]) -> [PageRow] {
        let sorted = fragments.sorted { ($0.box.middle, $0.order) < ($1.box.middle, $1.order) }
        var groups: [(core: PageBox, fragments: [Fragment])] = []
        for fragment in sorted {
            // Superscripts come a little earlier than their line: look at the last few rows.
            var best: (index: Int, share: Double)?
            for index in groups.indices.suffix(3) {
                let core = groups[index].core
                let overlap = min(core.bottom, fragment.box.bottom) - max(core.y, fragment.box.y)
                let share = overlap / max(0.1, min(core.height, fragment.box.height))
                if share >= 0.5, share > best?.share ?? 0 { best = (index, share) }
            }
            if let best {
                groups[best.index].fragments.append(fragment)
                if fragment.box.height > groups[best.index].core.height { groups[best.index].core = fragment.box }
            } else {
                groups.append((fragment.box, [fragment]))
            }
        }
        return groups.map { PageRow(fragments: $0.fragments) }.sorted { $0.box.y < $1.box.y }
    }

    /// Gap between two cells in units of the font size.
    private static let columnGap = 0.6

    init(fragments: [Fragment]) {
        var cells: [Cell] = []
        for fragment in fragments.sorted(by: { ($0.box.x, $0.order) < ($1.box.x, $1.order) }) {
            if let last = cells.last, let size = last.fragments.last?.size,
                fragment.box.x - last.box.right < Self.columnGap * max(size, fragment.size)
            {
                cells[cells.count - 1].fragments.append(fragment)
                cells[cells.count - 1].box = last.box.union(fragment.box)
            } else {
                cells.append(Cell(fragments: [fragment], box: fragment.box))
            }
        }
        box = cells.dropFirst().reduce(cells.first?.box ?? PageBox(x: 0, y: 0, width: 0, height: 0)) {
            $0.union($1.box)
        }
        self.cells = cells
        joinListMarker()
    }

    /// "c.    twenty percent …": the mark of a list item and its text are one line, not two columns.
    private mutating func joinListMarker() {
        guard cells.count == 2, ListMarker.isMarker(cells[0].text),
            cells[1].box.x - cells[0].box.right < 4 * cells[1].size
        else { return }
        cells = [
            Cell(fragments: cells[0].fragments + cells[1].fragments, box: cells[0].box.union(cells[1].box))
        ]
    }
}

extension PageBox {
    var middle: Double { y + height / 2 }
}
