/// Cuts a block's text into sentences by rules (no model, no dictionary beyond a list of abbreviations).
///
/// Knows decimals and amounts ("AED 1,200.50"), abbreviations ("No. (26)", "Art. 5", "e.g."), initials ("J. R. Smith"),
/// list marks at the beginning of a line, closing quotes and brackets after the stop, and the stops of Arabic and CJK.
public enum SentenceBoundaries {
    /// The sentences of `text`, offsets in scalars of `text`. White space between sentences is in none of them;
    /// every other scalar is in exactly one. Linear.
    public static func sentences(of text: some StringProtocol) -> [TextSpan] {
        let scalars = Array(text.unicodeScalars)
        var result: [TextSpan] = []
        var start = 0
        func close(at end: Int) {
            var first = start
            var last = end
            while first < last, scalars[first].properties.isWhitespace { first += 1 }
            while last > first, scalars[last - 1].properties.isWhitespace { last -= 1 }
            if first < last { result.append(TextSpan(first, last)) }
            start = end
        }
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\n" {
                // A blank line, or a line that begins with a list mark, ends what was before.
                if isParagraphBreak(scalars, index) || beginsWithMark(scalars, index + 1) { close(at: index) }
                index += 1
            } else if stops.contains(scalar) {
                var end = index + 1
                while end < scalars.count, stops.contains(scalars[end]) || closers.contains(scalars[end]) { end += 1 }
                if isEnd(scalars, stop: index, after: end, sentenceStart: start) { close(at: end) }
                index = end
            } else {
                index += 1
            }
        }
        close(at: scalars.count)
        return result
    }

    private static let stops: Set<Unicode.Scalar> = [".", "!", "?", "\u{2026}", "؟", "۔", "。", "！", "？"]
    private static let closers: Set<Unicode.Scalar> = ["\"", "'", "”", "’", "»", ")", "]", "」", "』"]
    private static let fullWidthStops: Set<Unicode.Scalar> = ["。", "！", "？"]

    /// Lower case, without the final stop. "no" and the like end a sentence when no number follows.
    private static let abbreviations: Set<String> = [
        "mr", "mrs", "ms", "dr", "prof", "eng", "st", "sr", "jr", "vs", "etc", "approx", "dept", "est", "inc", "ltd",
        "llc", "co", "corp", "bldg", "ave", "rd", "apt", "fl", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep",
        "sept", "oct", "nov", "dec", "e.g", "i.e", "cf", "al", "ca", "resp", "incl", "excl", "min", "max", "sq", "ft",
        "a.h", "a.d", "a.m", "p.m", "u.a.e", "u.s", "u.k", "p.o", "h.h", "h.e", "viz", "ref",
    ]
    private static let numberAbbreviations: Set<String> = [
        "no", "nos", "art", "arts", "sec", "para", "cl", "ch", "vol", "pp", "p", "fig", "tab", "app", "sch", "reg",
    ]
    /// Abbreviations that often end a sentence: a capital after them begins a new one.
    private static let mayEnd: Set<String> = [
        "etc", "inc", "ltd", "llc", "co", "corp", "a.h", "a.d", "a.m", "p.m", "u.a.e", "u.s", "u.k", "ft",
    ]

    private static func isEnd(_ scalars: [Unicode.Scalar], stop: Int, after: Int, sentenceStart: Int) -> Bool {
        guard after < scalars.count else { return true }
        let stopScalar = scalars[stop]
        if fullWidthStops.contains(stopScalar) { return true }
        // "1.5", "U.A.E", "file.pdf": no white space after the stop, no end.
        guard scalars[after].properties.isWhitespace else { return false }
        var next = after
        while next < scalars.count, scalars[next].properties.isWhitespace { next += 1 }
        guard next < scalars.count else { return true }
        guard stopScalar == "." else {
            // An ellipsis goes on in lower case.
            return stopScalar != "\u{2026}" || !scalars[next].properties.isLowercase
        }
        let following = scalars[next]
        if following.properties.isLowercase { return false }
        let word = wordBefore(scalars, stop: stop, from: sentenceStart)
        let lower = word.lowercased()
        if numberAbbreviations.contains(lower) {
            return !(following == "(" || following == "#" || following.properties.numericType != nil)
        }
        if abbreviations.contains(lower) { return mayEnd.contains(lower) && following.properties.isUppercase }
        // "J. Smith" is one name; "plan B. The" is not told from it and stays whole.
        if word.unicodeScalars.count == 1, let letter = word.unicodeScalars.first, letter.properties.isUppercase {
            return false
        }
        // "1. Offer", "(a). Text", "iv. Text" at the beginning of the sentence: a list mark.
        return !isListMark(word, scalars, stop: stop, sentenceStart: sentenceStart)
    }

    /// Letters, digits and inner stops directly before `stop`.
    private static func wordBefore(_ scalars: [Unicode.Scalar], stop: Int, from start: Int) -> String {
        var first = stop
        while first > start, stop - first < 24 {
            let scalar = scalars[first - 1]
            guard scalar == "." || scalar.properties.isAlphabetic || scalar.properties.numericType != nil else { break }
            first -= 1
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[first..<stop])
        return String(view)
    }

    private static func isListMark(
        _ word: String, _ scalars: [Unicode.Scalar], stop: Int, sentenceStart: Int
    ) -> Bool {
        let count = word.unicodeScalars.count
        guard count >= 1, count <= 4 else { return false }
        var first = sentenceStart
        while first < stop, scalars[first].properties.isWhitespace { first += 1 }
        let lead = stop - count - first
        guard lead == 0 || (lead == 1 && scalars[first] == "(") else { return false }
        return ListMarker.isMarker(word + ".")
    }

    private static func isParagraphBreak(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        index + 1 < scalars.count && scalars[index + 1] == "\n"
    }

    private static func beginsWithMark(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        var view = String.UnicodeScalarView()
        for scalar in scalars[min(index, scalars.count)...].prefix(8) {
            if scalar.properties.isWhitespace { return ListMarker.isMarker(String(view)) }
            view.append(scalar)
        }
        return false
    }
}
