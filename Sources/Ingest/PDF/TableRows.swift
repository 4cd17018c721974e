/// A row of a table as it was meant: cells may be wrapped over several lines of the page.
struct TableRow {
    /// One text a column, empty where the row has no cell.
    var cells: [String]
    var box: PageBox
    var order: Int
    /// Heavier than regular throughout.
    var isBold: Bool
}

extension TableRegion {
    /// Rows with more lines than this are taken to be many rows set tightly.
    private static let maximumLines = 8

    /// Puts the lines of wrapped cells together.
    ///
    /// A first column of running numbers tells the rows. Elsewhere lines inside a cell stand closer than rows do: where
    /// two clearly different distances are found, lines at the small one are joined first, then whatever stands beside
    /// them. Where there is only one distance, each line is a row, and a lone line without a first cell belongs to the
    /// row above.
    func tableRows() -> [TableRow] {
        let pieces = rows.flatMap(\.cells).map { (column: column(of: $0.box), cell: $0) }
        if let numbered = numberedRows(pieces) { return numbered.map(makeRow) }
        if let limit = wrapDistance(pieces.map { ($0.column, $0.cell.box) }) {
            let joined = joinedRows(pieces, limit: limit)
            if joined.allSatisfy({ lines(in: $0) <= Self.maximumLines }) { return joined.map(makeRow) }
        }
        return lineRows().map(makeRow)
    }

    private typealias Piece = (column: Int, cell: Cell)

    /// Rows by the running numbers of the first column, or nil when it holds none.
    private func numberedRows(_ pieces: [Piece]) -> [[Piece]]? {
        let first = pieces.filter { $0.column == 0 }.sorted { $0.cell.box.y < $1.cell.box.y }
        let numbers = first.compactMap { Int($0.cell.text.prefix { $0.isWholeNumber }) }
        guard numbers.count >= 3, first.count - numbers.count <= 1,
            zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        let anchors = first.map(\.cell.box)
        // Cells are centred beside their number or begin at its height: whichever fits better.
        let others = (1..<columns.count).map { column in
            pieces.filter { $0.column == column }.sorted { $0.cell.box.y < $1.cell.box.y }
        }
        var best: (cost: Double, rows: [[Piece]])?
        for isCentred in [true, false] {
            var rows = first.map { [$0] }
            var cost = 0.0
            for lines in others where !lines.isEmpty {
                guard let groups = CellGrouping.groups(lines.map(\.cell.box), anchors: anchors, isCentred: isCentred)
                else { return nil }
                cost += groups.cost
                for (line, row) in zip(lines, groups.anchorOfLine) { rows[row].append(line) }
            }
            if cost < best?.cost ?? .infinity { best = (cost, rows) }
        }
        return best?.rows
    }

    /// The distance that tells lines of a cell from rows, or nil when all distances are alike.
    private func wrapDistance(_ pieces: [(column: Int, box: PageBox)]) -> Double? {
        var gaps: [Double] = []
        for column in columns.indices {
            let boxes = pieces.filter { $0.column == column }.map(\.box).sorted { $0.y < $1.y }
            for (above, below) in zip(boxes, boxes.dropFirst()) { gaps.append(below.y - above.bottom) }
        }
        gaps.sort()
        guard let height = rows.map(\.box.height).sorted().dropFirst(rows.count / 2).first else { return nil }
        for (small, large) in zip(gaps, gaps.dropFirst()) {
            if small > 1.2 * height { return nil }
            if large - small > max(1.5, 0.3 * height) { return (small + large) / 2 }
        }
        return nil
    }

    private func joinedRows(_ pieces: [Piece], limit: Double) -> [[Piece]] {
        var blocks: [(top: Double, bottom: Double, pieces: [Piece])] = []
        for column in columns.indices {
            var current: (top: Double, bottom: Double, pieces: [Piece])?
            for piece in pieces.filter({ $0.column == column }).sorted(by: { $0.cell.box.y < $1.cell.box.y }) {
                let box = piece.cell.box
                if let open = current, box.y - open.bottom <= limit {
                    current = (open.top, max(open.bottom, box.bottom), open.pieces + [piece])
                } else {
                    if let open = current { blocks.append(open) }
                    current = (box.y, box.bottom, [piece])
                }
            }
            if let open = current { blocks.append(open) }
        }
        blocks.sort { ($0.top, $0.bottom) < ($1.top, $1.bottom) }
        var result: [(top: Double, bottom: Double, pieces: [Piece])] = []
        for block in blocks {
            if let last = result.last {
                let overlap = min(last.bottom, block.bottom) - max(last.top, block.top)
                if overlap > 0.4 * min(last.bottom - last.top, block.bottom - block.top) {
                    result[result.count - 1] = (
                        last.top, max(last.bottom, block.bottom), last.pieces + block.pieces
                    )
                    continue
                }
            }
            result.append(block)
        }
        return result.map(\.pieces)
    }

    private func lines(in pieces: [Piece]) -> Int {
        var counts = [Int](repeating: 0, count: columns.count)
        for piece in pieces { counts[piece.column] += 1 }
        return counts.max() ?? 0
    }

    private func lineRows() -> [[Piece]] {
        var result: [[Piece]] = []
        for row in rows {
            let pieces = row.cells.map { (column: column(of: $0.box), cell: $0) }
            let hasFirst = pieces.contains { $0.column == 0 }
            if !hasFirst, row.cells.count == 1, let last = result.last, !last.isEmpty {
                result[result.count - 1] += pieces
            } else {
                result.append(pieces)
            }
        }
        return result
    }

    private func makeRow(_ pieces: [Piece]) -> TableRow {
        var texts = [[String]](repeating: [], count: columns.count)
        for piece in pieces.sorted(by: { ($0.cell.box.y, $0.cell.box.x) < ($1.cell.box.y, $1.cell.box.x) }) {
            texts[piece.column].append(piece.cell.text)
        }
        let boxes = pieces.map(\.cell.box)
        return TableRow(
            cells: texts.map { GlyphText.tidied(Self.joined($0).collapsingWhiteSpace()) },
            box: boxes.dropFirst().reduce(boxes.first ?? PageBox(x: 0, y: 0, width: 0, height: 0)) { $0.union($1) },
            order: pieces.map(\.cell.order).min() ?? 0,
            isBold: pieces.allSatisfy { $0.cell.weight >= .bold })
    }

    /// Lines of one cell: no space after a hyphen or a slash at a line's end.
    private static func joined(_ lines: [String]) -> String {
        lines.dropFirst().reduce(lines.first ?? "") { text, line in
            text.hasSuffix("-") || text.hasSuffix("/") ? text + line : text + " " + line
        }
    }
}
