/// Running text put together from lines.
struct PageParagraph {
    enum Kind: Equatable {
        case heading(level: Int)
        case listItem
        case text
    }

    var kind: Kind
    var text: String
    var box: PageBox
    var order: Int
}

/// Joins lines to paragraphs.
///
/// A new paragraph begins at a list mark, at a change of size, after more space than lines have between them, and where
/// the line before had room for the next word: then it was ended on purpose.
struct ParagraphBuilder {
    let body: BodyStyle
    let vocabulary: Vocabulary

    /// Line pitches in units of the font size: what a page without enough lines to tell is given, the most that is
    /// believed of a page (slides are set wide), and the most between the lines of a heading.
    private static let defaultPitch = 1.6
    private static let maximumPitch = 3.6
    private static let maximumHeadingPitch = 1.5
    /// A gap larger than the usual one by this factor is a break.
    private static let tolerance = 1.25
    private static let minimumStepsForPitch = 3
    /// Pages with more lines do not get the (quadratic) search for column edges.
    private static let maximumLinesForEdges = 1_500
    private static let maximumHeadingLines = 4
    private static let maximumBoldHeading = 140

    /// - Parameter lines: in reading order.
    func paragraphs(of lines: [TextLine]) -> [PageParagraph] {
        let edges = rightEdges(of: lines)
        let pitch = typicalPitch(of: lines)
        var result: [PageParagraph] = []
        var lineCount = 0
        var previous: Int?
        for (index, line) in lines.enumerated() {
            var level = body.headingLevel(of: line)
            // A bold line under bold text goes on with it.
            if level == body.boldLevel, let last = previous, let open = result.last, !open.kind.isHeading,
                lines[last].weight >= line.weight
            {
                level = nil
            }
            if let last = previous, let open = result.last,
                continues(open, lines[last], line, level: level, edge: edges[last], pitch: pitch),
                !open.kind.isHeading || lineCount < Self.maximumHeadingLines
            {
                result[result.count - 1].text = vocabulary.join(open.text, line.text)
                result[result.count - 1].box = open.box.union(line.box)
                lineCount += 1
            } else {
                let kind: PageParagraph.Kind =
                    level.map { .heading(level: $0) } ?? (ListMarker.begins(line.text) ? .listItem : .text)
                result.append(PageParagraph(kind: kind, text: line.text, box: line.box, order: line.order))
                lineCount = 1
            }
            previous = index
        }
        // Bold text that goes on and on is a paragraph.
        for index in result.indices
        where result[index].kind == .heading(level: body.boldLevel)
            && result[index].text.unicodeScalars.count > Self.maximumBoldHeading
        {
            result[index].kind = .text
        }
        return result
    }

    private func continues(
        _ open: PageParagraph, _ last: TextLine, _ line: TextLine, level: Int?, edge: Double, pitch: Double
    ) -> Bool {
        let ratio = line.size / last.size
        guard ratio > 0.9, ratio < 1.1 else { return false }
        if case .heading(let openLevel) = open.kind {
            let step = line.box.y - last.box.y
            return level == openLevel && step > 0 && step <= Self.maximumHeadingPitch * line.size
        }
        if line.text.beginsWithClosingPunctuation { return true }
        guard level == nil, !ListMarker.begins(line.text) else { return false }
        let step = line.box.y - last.box.y
        if step <= 0 {
            // The next column: a sentence goes on there in lower case.
            return last.text.unicodeScalars.last.map { ![".", ":", "!", "?"].contains($0) } == true
                && line.text.unicodeScalars.first?.properties.isLowercase == true
        }
        guard step <= Self.tolerance * pitch * line.size else { return false }
        return !hasRoom(after: last, edge: edge, for: line)
    }

    /// Whether the first word of `line` would have fitted behind `last`.
    private func hasRoom(after last: TextLine, edge: Double, for line: TextLine) -> Bool {
        let total = max(1, line.text.unicodeScalars.count)
        let word = line.text.unicodeScalars.prefix { $0 != " " }.count
        let width = line.box.width * Double(word + 1) / Double(total)
        return last.box.right + width < edge - 0.5 * line.size
    }

    /// For each line, how far lines of its column reach to the right.
    private func rightEdges(of lines: [TextLine]) -> [Double] {
        let widest = lines.map(\.box.right).max() ?? 0
        guard lines.count <= Self.maximumLinesForEdges else { return lines.map { _ in widest } }
        return lines.map { line in
            var edge = line.box.right
            for other in lines where other.box.right > edge && abs(other.size - line.size) < 1 {
                let overlap = min(other.box.right, line.box.right) - max(other.box.x, line.box.x)
                if overlap > 0.5 * min(other.box.width, line.box.width) { edge = other.box.right }
            }
            return edge
        }
    }

    /// The usual distance from line to line in units of the font size.
    private func typicalPitch(of lines: [TextLine]) -> Double {
        var steps: [Double] = []
        for (last, line) in zip(lines, lines.dropFirst()) where abs(last.size - line.size) < 0.5 {
            let step = (line.box.y - last.box.y) / max(1, line.size)
            if step > 0.8, step < Self.maximumPitch { steps.append(step) }
        }
        steps.sort()
        return steps.count < Self.minimumStepsForPitch ? Self.defaultPitch : steps[steps.count / 2]
    }
}

extension PageParagraph.Kind {
    var isHeading: Bool {
        if case .heading = self { true } else { false }
    }
}

/// The words of a document, asked when a word was split at a line's end.
struct Vocabulary {
    private var words: Set<Substring> = []
    private static let maximumWords = 200_000

    mutating func add(_ text: String) {
        guard words.count < Self.maximumWords else { return }
        for word in text.lowercased().split(whereSeparator: { !$0.isLetter && $0 != "-" }) { words.insert(word) }
    }

    /// Two lines as one text. A hyphen at the end of the first vanishes when the two halves are no words of their own
    /// or the whole is one; else it belongs to a compound ("rent-to-own") and stays.
    func join(_ first: String, _ second: String) -> String {
        if second.beginsWithClosingPunctuation { return first + second }
        guard first.hasSuffix("-"), first.dropLast().last?.isLetter == true, second.first?.isLowercase == true else {
            return first + " " + second
        }
        let head = (first.dropLast().split { !$0.isLetter }.last ?? "").lowercased()
        let tail = (second.split { !$0.isLetter }.first ?? "").lowercased()
        if words.contains(Substring(head + "-" + tail)) { return first + second }
        let isWhole = words.contains(Substring(head + tail))
        let isCompound = words.contains(Substring(head)) && words.contains(Substring(tail))
        return isWhole || !isCompound ? first.dropLast() + second : first + second
    }
}
