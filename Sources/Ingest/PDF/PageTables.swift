/// Rows of a page that form a table, with the columns found.
struct TableRegion {
    /// Horizontal extent of each column, left to right.
    var columns: [ClosedRange<Double>]
    var rows: [PageRow]

    /// The column that shares most of its width with a box.
    func column(of box: PageBox) -> Int {
        var best = (index: 0, overlap: -Double.infinity)
        for (index, column) in columns.enumerated() {
            let overlap = min(column.upperBound, box.right) - max(column.lowerBound, box.x)
            if overlap > best.overlap { best = (index, overlap) }
        }
        return best.index
    }

    /// Whether a box reaches over the gap between two columns.
    func crossesGap(_ box: PageBox) -> Bool {
        for (left, right) in zip(columns, columns.dropFirst())
        where box.x < left.upperBound - 1 && box.right > right.lowerBound + 1 {
            return true
        }
        return false
    }
}

/// Splits a page's rows into tables and the rest.
enum PageTables {
    enum Part {
        case table(TableRegion)
        case rows([PageRow])
    }

    /// A table ends where the space to the next row is more than this many row heights.
    private static let maximumGap = 3.0
    /// Rows with a single cell (wrapped text) that may follow each other inside a table.
    private static let maximumSingleRows = 5
    private static let minimumColumnGapPoints = 4.0

    static func parts(of rows: [PageRow]) -> [Part] {
        var parts: [Part] = []
        var plain: [PageRow] = []
        var index = 0
        while index < rows.count {
            guard rows[index].cells.count > 1, let end = table(from: index, in: rows) else {
                plain.append(rows[index])
                index += 1
                continue
            }
            // Cells that are centred beside a taller one begin above the first row with several cells.
            var start = index
            while start > index - 3, let above = plain.last, end.region.holds(above, before: rows[start]) {
                plain.removeLast()
                start -= 1
            }
            if !plain.isEmpty { parts.append(.rows(plain)) }
            plain.removeAll()
            parts.append(.table(TableRegion(columns: end.region.columns, rows: Array(rows[start..<end.next]))))
            index = end.next
        }
        if !plain.isEmpty { parts.append(.rows(plain)) }
        return parts
    }

    /// The table that begins at `start`, if one does.
    private static func table(from start: Int, in rows: [PageRow]) -> (region: TableRegion, next: Int)? {
        var last = start
        var index = start + 1
        while index < rows.count, index - last <= maximumSingleRows {
            let height = max(rows[index].box.height, rows[index - 1].box.height)
            if rows[index].box.y - rows[index - 1].box.bottom > maximumGap * height { break }
            if rows[index].cells.count > 1 { last = index }
            index += 1
        }
        var end = last + 1
        // A line of prose across the columns ends the table before it; the columns are then found anew.
        for _ in 0..<8 {
            guard let region = region(of: rows[start..<end]) else { return nil }
            let crossing = (start..<end).first { rows[$0].cells.count == 1 && region.crossesGap(rows[$0].box) }
            guard let crossing else { return (region, extended(end, region: region, rows: rows)) }
            end = crossing
            while end > start, rows[end - 1].cells.count == 1 { end -= 1 }
        }
        return nil
    }

    /// Takes in the wrapped lines of the last row.
    private static func extended(_ end: Int, region: TableRegion, rows: [PageRow]) -> Int {
        var end = end
        while end < rows.count, rows[end].cells.count == 1, region.holds(rows[end], after: rows[end - 1]) { end += 1 }
        return end
    }

    /// The columns of rows, by the white strips that run through all of them; nil when the rows are no table.
    private static func region(of rows: ArraySlice<PageRow>) -> TableRegion? {
        let wide = rows.filter { $0.cells.count > 1 }
        guard wide.count >= 2 else { return nil }
        let columns = columns(of: wide)
        guard columns.count >= 2 else { return nil }
        let region = TableRegion(columns: columns, rows: Array(rows))
        let cells = wide.flatMap(\.cells)
        let fitting = cells.count { !region.crossesGap($0.box) }
        guard fitting * 10 >= cells.count * 8, !isProse(region, wide) else { return nil }
        return region
    }

    private static func columns(of rows: [PageRow]) -> [ClosedRange<Double>] {
        // +1 where a cell begins, -1 where it ends; a strip that (nearly) no row covers separates columns.
        var edges: [(x: Double, change: Int)] = []
        for cell in rows.flatMap(\.cells) {
            edges.append((cell.box.x, 1))
            edges.append((cell.box.right, -1))
        }
        edges.sort { ($0.x, -$0.change) < ($1.x, -$1.change) }
        let tolerated = rows.count / 10
        var columns: [ClosedRange<Double>] = []
        var depth = 0
        var start: Double?
        for edge in edges {
            let before = depth
            depth += edge.change
            if before <= tolerated, depth > tolerated {
                start = edge.x
            } else if before > tolerated, depth <= tolerated, let begin = start {
                if let last = columns.last, begin - last.upperBound < minimumColumnGapPoints {
                    columns[columns.count - 1] = last.lowerBound...max(last.upperBound, edge.x)
                } else {
                    columns.append(begin...max(begin, edge.x))
                }
                start = nil
            }
        }
        return columns
    }

    /// Text set in columns: few of them, each filled with long lines.
    private static func isProse(_ region: TableRegion, _ rows: [PageRow]) -> Bool {
        guard region.columns.count <= 3, rows.count >= 4 else { return false }
        var lengths = [[Int]](repeating: [], count: region.columns.count)
        for cell in rows.flatMap(\.cells) {
            lengths[region.column(of: cell.box)].append(cell.fragments.reduce(0) { $0 + $1.scalarCount })
        }
        return lengths.allSatisfy { column in
            guard column.count >= 4 else { return false }
            return column.sorted()[column.count / 2] >= 25
        }
    }
}

extension TableRegion {
    /// Whether a row with one cell, just above or below, is wrapped text of a cell in this table.
    fileprivate func holds(_ row: PageRow, before next: PageRow) -> Bool {
        isInside(row) && next.box.y - row.box.bottom < 0.5 * row.box.height
    }

    fileprivate func holds(_ row: PageRow, after previous: PageRow) -> Bool {
        isInside(row) && row.box.y - previous.box.bottom < 0.5 * row.box.height
    }

    private func isInside(_ row: PageRow) -> Bool {
        guard row.cells.count == 1, !crossesGap(row.box) else { return false }
        let place = column(of: row.box)
        let column = columns[place]
        let overlap = min(row.box.right, column.upperBound) - max(row.box.x, column.lowerBound)
        let reach = place + 1 < columns.count ? columns[place + 1].lowerBound - 2 : column.upperBound + 2
        return overlap > 0.5 * row.box.width && row.box.right <= reach
    }
}
