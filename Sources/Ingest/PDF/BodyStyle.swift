/// What ordinary text looks like in a document, and from it what a heading is.
struct BodyStyle {
    private(set) var size: Double
    private(set) var weight: FontWeight
    /// Sizes of headings, largest first; the level of a heading is its place here plus one.
    private var headingSizes: [Double] = []

    private static let minimumRatio = 1.15
    private static let maximumHeadingCharacters = 200
    private static let maximumLevel = 6

    /// The style of most of the text.
    init(pages: [PageFragments]) {
        var sizes: [Double: Int] = [:]
        for fragment in pages.lazy.flatMap(\.fragments) {
            sizes[Self.rounded(fragment.size), default: 0] += fragment.scalarCount
        }
        let common = sizes.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 10
        size = common
        var weights: [FontWeight: Int] = [:]
        for fragment in pages.lazy.flatMap(\.fragments) where Self.rounded(fragment.size) == common {
            weights[fragment.weight, default: 0] += fragment.scalarCount
        }
        weight = weights.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key ?? .regular
        var candidates = Set<Double>()
        for fragment in pages.lazy.flatMap(\.fragments)
        where fragment.size >= Self.minimumRatio * common && fragment.text.unicodeScalars.contains(where: \.isLetter) {
            candidates.insert(Self.rounded(fragment.size))
        }
        // Sizes that differ by less than 5 % are one level.
        for candidate in candidates.sorted(by: >) where (headingSizes.last ?? .infinity) * 0.95 > candidate {
            headingSizes.append(candidate)
        }
    }

    private static func rounded(_ size: Double) -> Double { (size * 2).rounded() / 2 }

    /// The level of headings that differ from the text only by their weight.
    var boldLevel: Int { min(headingSizes.count + 1, Self.maximumLevel) }

    /// The level of a line as a heading, or nil for ordinary text.
    func headingLevel(of line: TextLine) -> Int? {
        guard line.text.unicodeScalars.count <= Self.maximumHeadingCharacters,
            line.text.unicodeScalars.contains(where: \.isLetter)
        else { return nil }
        if line.size >= Self.minimumRatio * size {
            let place = headingSizes.firstIndex { line.size >= $0 * 0.95 } ?? headingSizes.count
            return min(place + 1, Self.maximumLevel)
        }
        guard line.size >= 0.95 * size, line.weight > weight, line.weight >= .medium else { return nil }
        // Bold text of ordinary size is a heading when it reads like one.
        guard line.text.unicodeScalars.count <= 120, let last = line.text.unicodeScalars.last,
            ![",", ";", "."].contains(last), !ListMarker.beginsWithBullet(line.text)
        else { return nil }
        return boldLevel
    }
}

extension Unicode.Scalar {
    fileprivate var isLetter: Bool { properties.isAlphabetic }
}
