/// The check that a cited span supports a sentence: by string, never by trust in the generator.
enum Grounding {
    /// A draft without the sentences that nothing supports.
    struct Result: Sendable, Hashable {
        let sentences: [DraftSentence]
        /// Supported sentences by all that claim something; 1 when none claims anything.
        let coverage: Double
    }

    /// Keeps a sentence when every quote stands word for word in its passage and every number of the
    /// sentence occurs in one of its quotes.
    static func verify(_ draft: Draft, against passages: [RetrievedPassage]) -> Result {
        let supported = draft.sentences.filter { isSupported($0, by: passages) }
        let coverage =
            draft.sentences.isEmpty ? 1 : Double(supported.count) / Double(draft.sentences.count)
        return Result(sentences: supported, coverage: coverage)
    }

    private static func isSupported(_ sentence: DraftSentence, by passages: [RetrievedPassage]) -> Bool {
        guard !sentence.citations.isEmpty else { return false }
        for citation in sentence.citations {
            guard passages.indices.contains(citation.marker - 1) else { return false }
            let passage = passages[citation.marker - 1]
            let scalars = Array(passage.text.unicodeScalars)
            let start = citation.characterStart - passage.place.characterStart
            let end = citation.characterEnd - passage.place.characterStart
            guard start >= 0, start < end, end <= scalars.count,
                scalars[start..<end].elementsEqual(citation.quote.unicodeScalars)
            else { return false }
        }
        let quoted = Set(sentence.citations.flatMap { numbers(in: $0.quote) })
        return numbers(in: sentence.text).allSatisfy(quoted.contains)
    }

    /// The numbers of a text without thousands separators: `AED 1,200.50` gives `1200.50`.
    static func numbers(in text: String) -> [String] {
        QueryTerms.words(in: text)
            .filter { $0.unicodeScalars.contains { $0.properties.numericType != nil } }
            .map { $0.replacing(",", with: "") }
    }
}
