/// The words of a question that can find something.
///
/// Question words, articles and the like are dropped: they are in every passage and only cost time. If nothing
/// else is left, all words are kept.
enum QueryTerms {
    /// Questions are short; a pasted page is cut here.
    static let maximumTerms = 32

    /// Lower-case words in order of first appearance, each once. Numbers keep their inner points and commas.
    static func terms(of text: String) -> [String] {
        let words = words(in: text)
        let useful = words.filter { !stopWords.contains($0) }
        var seen = Set<String>()
        return (useful.isEmpty ? words : useful).filter { seen.insert($0).inserted }.prefix(maximumTerms).map { $0 }
    }

    /// Runs of letters, digits and marks, lower case; `1,200.50` and `16.8` stay one word.
    static func words(in text: String) -> [String] {
        var words: [String] = []
        var current = String.UnicodeScalarView()
        let scalars = Array(text.lowercased().unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            if isWordScalar(scalar) {
                current.append(scalar)
            } else if scalar == "." || scalar == ",", let last = current.last, last.properties.numericType != nil,
                index + 1 < scalars.count, scalars[index + 1].properties.numericType != nil
            {
                current.append(scalar)
            } else if !current.isEmpty {
                words.append(String(current))
                current = String.UnicodeScalarView()
            }
        }
        if !current.isEmpty { words.append(String(current)) }
        return words
    }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || scalar.properties.generalCategory == .nonspacingMark
    }

    private static let stopWords: Set<String> = Set(
        """
        a about after all also am an and any are as at be been being both but by can could did do does doing for from
        get give had has have having he her here him his how i if in into is it its itself just let list many may me
        more most much must my no nor not of off on once one only or other our out over own please same shall she
        should show so some such tell than that the their them then there these they this those to too under until up
        us very was we were what when where which while who whom whose why will with would you your
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}

/// A light English stemmer for comparing words of a question with words of a sentence: plural, past and
/// gerund endings go. The full-text index has Porter's stemmer of its own; this one only has to agree with itself.
enum Stem {
    static func of(_ word: String) -> String {
        guard word.utf8.count > 3, word.utf8.allSatisfy({ $0 >= 0x61 && $0 <= 0x7a }) else { return word }
        var stem = word
        if stem.hasSuffix("ies") {
            stem.removeLast(3)
            return stem + "y"
        }
        for ending in ["sses", "ches", "shes", "xes"] where stem.hasSuffix(ending) {
            stem.removeLast(2)
            return stem
        }
        if stem.hasSuffix("s"), !stem.hasSuffix("ss"), !stem.hasSuffix("us") { stem.removeLast() }
        for ending in ["ing", "ed"] where stem.hasSuffix(ending) && stem.utf8.count - ending.utf8.count >= 3 {
            stem.removeLast(ending.utf8.count)
            if let last = stem.last, stem.dropLast().last == last, !"lsz".contains(last) { stem.removeLast() }
            return stem
        }
        if stem.hasSuffix("e"), stem.utf8.count > 4 { stem.removeLast() }
        return stem
    }
}
