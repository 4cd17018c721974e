/// Deals the lines of a column out to rows whose heights are known.
enum CellGrouping {
    /// Lines of one cell at most.
    private static let maximumLines = 10
    /// What a row without a line costs, in points: more than a small misfit, less than a wrong line.
    private static let emptyCost = 6.0
    /// Columns and rows beyond this are not tried (the search takes lines × rows × `maximumLines` steps).
    private static let maximumSize = 400

    /// The division into consecutive groups, one an anchor, whose centres (or first lines) stand closest to their
    /// anchors in sum.
    ///
    /// - Parameters:
    ///   - lines: from top to bottom.
    ///   - anchors: a box for each row, from top to bottom.
    static func groups(
        _ lines: [PageBox], anchors: [PageBox], isCentred: Bool
    ) -> (anchorOfLine: [Int], cost: Double)? {
        guard lines.count <= maximumSize, anchors.count <= maximumSize else { return nil }
        // best[r][l]: least cost of dealing the first l lines out to the first r rows; taken[r][l]: lines of row r then.
        let unreachable = Double.infinity
        var best = [[Double]](
            repeating: [Double](repeating: unreachable, count: lines.count + 1), count: anchors.count + 1)
        var taken = [[Int]](repeating: [Int](repeating: 0, count: lines.count + 1), count: anchors.count + 1)
        best[0][0] = 0
        for row in 1...max(1, anchors.count) where row <= anchors.count {
            for end in 0...lines.count {
                for count in 0...min(maximumLines, end) where best[row - 1][end - count] < unreachable {
                    let cost =
                        best[row - 1][end - count]
                        + misfit(lines[(end - count)..<end], anchors[row - 1], isCentred: isCentred)
                    if cost < best[row][end] {
                        best[row][end] = cost
                        taken[row][end] = count
                    }
                }
            }
        }
        guard best[anchors.count][lines.count] < unreachable else { return nil }
        var anchorOfLine = [Int](repeating: 0, count: lines.count)
        var end = lines.count
        for row in stride(from: anchors.count, to: 0, by: -1) {
            for line in (end - taken[row][end])..<end { anchorOfLine[line] = row - 1 }
            end -= taken[row][end]
        }
        return (anchorOfLine, best[anchors.count][lines.count])
    }

    private static func misfit(_ group: ArraySlice<PageBox>, _ anchor: PageBox, isCentred: Bool) -> Double {
        guard let first = group.first, let last = group.last else { return emptyCost }
        return isCentred ? abs((first.y + last.bottom) / 2 - anchor.middle) : abs(first.middle - anchor.middle)
    }
}
