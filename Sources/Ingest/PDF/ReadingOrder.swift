/// A table or a paragraph of a page, to be put in reading order.
enum PageElement {
    case table(TableRegion)
    case paragraph(PageParagraph)

    /// The elements of a page in reading order.
    ///
    /// Where text stands in columns it keeps poppler's order, which follows them; elsewhere it goes down the page. A table takes the place of its first row, since
    /// poppler's order inside tables is by column or by chance.
    static func elements(of parts: [PageTables.Part], paragraphs: ParagraphBuilder) -> [PageElement] {
        var lines: [TextLine] = []
        var tables: [(order: Int, region: TableRegion)] = []
        for part in parts {
            switch part {
            case .rows(let rows):
                let cells = rows.flatMap(\.cells)
                var ordered = cells.map(TextLine.init)
                if !standsInColumns(cells) {
                    for (index, order) in cells.map(\.order).sorted().enumerated() { ordered[index].order = order }
                }
                lines += ordered
            case .table(let region):
                tables.append((region.rows.first?.cells.map(\.order).min() ?? 0, region))
            }
        }
        lines.sort { $0.order < $1.order }
        tables.sort { $0.order < $1.order }
        var elements: [PageElement] = []
        var start = 0
        for table in tables {
            // Text above the table comes before it even where poppler says otherwise.
            let top = table.region.rows.first?.box.y ?? 0
            var end = start
            while end < lines.count, lines[end].order < table.order || isAbove(lines[end], top, table.region) {
                end += 1
            }
            elements += paragraphs.paragraphs(of: Array(lines[start..<end])).map { .paragraph($0) }
            elements.append(.table(table.region))
            start = end
        }
        elements += paragraphs.paragraphs(of: Array(lines[start...])).map { .paragraph($0) }
        return elements
    }

    /// Neighbours in height that do not lie below each other, again and again, are lines of different columns.
    private static func standsInColumns(_ cells: [Cell]) -> Bool {
        var beside = 0
        for (first, second) in zip(cells, cells.dropFirst())
        where first.box.right < second.box.x || second.box.right < first.box.x {
            beside += 1
        }
        return beside >= 4
    }

    private static func isAbove(_ line: TextLine, _ top: Double, _ region: TableRegion) -> Bool {
        guard let left = region.columns.first?.lowerBound, let right = region.columns.last?.upperBound else {
            return false
        }
        return line.box.bottom <= top + 1 && line.box.x < right && line.box.right > left
    }

    /// The blocks of the element: one for a paragraph, one a row for a table.
    func blocks(table ordinal: Int) -> [(kind: Block.Kind, text: String, box: PageBox, table: Int?)] {
        switch self {
        case .paragraph(let paragraph):
            let kind: Block.Kind =
                switch paragraph.kind {
                case .heading(let level): .heading(level: level)
                case .listItem: .listItem
                case .text: .paragraph
                }
            return [(kind, paragraph.text, paragraph.box, nil)]
        case .table(let region):
            return region.tableRows().enumerated().map { index, row in
                let isHeader = index == 0 && (row.isBold || TableHeader.isLikely(row.cells))
                let text = row.cells.filter { !$0.isEmpty }.joined(separator: " | ")
                return (.tableRow(isHeader: isHeader), text, row.box, ordinal)
            }
        }
    }
}
