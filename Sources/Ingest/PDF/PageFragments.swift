/// A piece of one line that belongs together: no column gap, no jump, one font size.
struct Fragment {
    var text: String
    var box: PageBox
    var size: Double
    /// Share of the scalars by weight: the weight of most of them.
    var weight: FontWeight
    var scalarCount: Int
    /// Place in poppler's reading order.
    var order: Int
}

/// A page cut into fragments.
struct PageFragments {
    var width: Double
    var height: Double
    var fragments: [Fragment]
    /// Scalars that are not white space.
    var characters: Int

    /// Cuts poppler's text where the geometry says that a new piece begins.
    ///
    /// poppler writes table cells of one line one after the other without a space, so a gap without a space between
    /// two glyphs is a column gap.
    init(_ page: PageText) {
        width = page.width
        height = page.height
        fragments = []
        characters = 0
        var builder = FragmentBuilder()
        var run = 0
        for (index, scalar) in page.scalars.enumerated() {
            while run + 1 < page.runs.count, index > page.runs[run].lastScalar { run += 1 }
            if scalar == "\n" || index >= page.boxes.count {
                builder.flush(into: &fragments)
                continue
            }
            let box = page.boxes[index]
            guard box.x.isFinite, box.y.isFinite, box.width.isFinite, box.height.isFinite else { continue }
            if scalar.properties.isWhitespace {
                builder.hasSpace = true
                continue
            }
            characters += 1
            let font = page.runs.indices.contains(run) ? page.runs[run] : nil
            let size = font.map(\.size) ?? box.height
            let glyph = Glyph(
                scalar: scalar, box: box, size: size.isFinite && size > 0 ? size : max(1, box.height),
                weight: font?.weight ?? .regular)
            if builder.isBreak(before: glyph) { builder.flush(into: &fragments) }
            builder.append(glyph)
        }
        builder.flush(into: &fragments)
    }
}

private struct Glyph {
    var scalar: Unicode.Scalar
    var box: PageBox
    var size: Double
    var weight: FontWeight

    /// Glyphs of these scripts run from right to left: distances say nothing about breaks.
    var isRightToLeft: Bool {
        (0x590...0x8FF).contains(scalar.value) || (0xFB1D...0xFDFF).contains(scalar.value)
            || (0xFE70...0xFEFF).contains(scalar.value)
    }
}

private struct FragmentBuilder {
    var hasSpace = false
    private var text = String.UnicodeScalarView()
    private var box = PageBox(x: 0, y: 0, width: 0, height: 0)
    private var last: Glyph?
    private var scalarCount = 0
    private var heavyCount = 0
    private var weights: [FontWeight: Int] = [:]

    /// Gaps in units of the font size.
    private static let gapWithoutSpace = 0.3
    private static let gapWithSpace = 2.0
    private static let stepBack = 1.0

    func isBreak(before glyph: Glyph) -> Bool {
        guard let last else { return false }
        let ratio = glyph.size / last.size
        if ratio < 0.8 || ratio > 1.25 { return true }
        let overlap = min(box.bottom, glyph.box.bottom) - max(box.y, glyph.box.y)
        if overlap < 0.3 * min(box.height, glyph.box.height) { return true }
        if glyph.isRightToLeft || last.isRightToLeft { return false }
        let gap = glyph.box.x - last.box.right
        return gap > (hasSpace ? Self.gapWithSpace : Self.gapWithoutSpace) * glyph.size
            || gap < -Self.stepBack * glyph.size
    }

    mutating func append(_ glyph: Glyph) {
        if last == nil {
            box = glyph.box
        } else {
            box = box.union(glyph.box)
            if hasSpace { text.append(" ") }
        }
        hasSpace = false
        GlyphText.append(glyph.scalar, to: &text)
        scalarCount += 1
        weights[glyph.weight, default: 0] += 1
        last = glyph
    }

    mutating func flush(into fragments: inout [Fragment]) {
        defer { self = FragmentBuilder() }
        guard let last, !text.isEmpty else { return }
        let weight = weights.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key ?? .regular
        fragments.append(
            Fragment(
                text: String(text), box: box, size: last.size, weight: weight, scalarCount: scalarCount,
                order: fragments.count))
    }
}
