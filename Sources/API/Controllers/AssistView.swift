import Assist
import CRM
import Store

/// An answer as the contract's `AssistResponse`.
struct AssistView: JSONWritable {
    let answer: Answer
    let id: String
    let language: String
    let warnings: [String]
    let embeddingModel: String

    func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("id", id)
            members.member("status", answer.status)
            members.member("answer", answer.text)
            members.member("language", language)
            members.member("intent", answer.intent)
            members.member("confidence", Self.rounded(answer.confidence))
            members.member("confidence_label", confidenceLabel)
            members.member("grounded", true)
            members.member("sources", sources)
            members.member("follow_up_actions", [String]())
            members.member(
                "refusal",
                answer.refusal.map { reason in
                    JSONDocument { members in
                        members.member("reason", reason)
                        members.member("detail", reason.detail)
                    }
                })
            members.member("warnings", answer.warnings + warnings)
            members.object("usage") { usage in
                usage.member("prompt_tokens", answer.promptTokens)
                usage.member("completion_tokens", answer.completionTokens)
                usage.member("total_tokens", answer.promptTokens + answer.completionTokens)
            }
            members.object("timings") { timings in
                timings.member("total_ms", Self.rounded(answer.totalMilliseconds))
                timings.member("retrieval_ms", Self.rounded(answer.retrievalMilliseconds))
                timings.member("generation_ms", Self.rounded(answer.generationMilliseconds))
            }
            members.object("model") { model in
                model.member("provider", answer.provider)
                model.member("model", answer.model)
                model.member("embedding_model", embeddingModel)
                model.member("index_version", answer.generation)
            }
            members.member("created_at", Timestamp.now())
        }
    }

    private var confidenceLabel: String {
        switch answer.confidence {
        case 0.75...: "high"
        case 0.5...: "medium"
        case _ where answer.confidence > 0: "low"
        default: "none"
        }
    }

    private var sources: [SourceView] {
        answer.passages.prefix(answer.evidenceCount).enumerated().map { index, passage in
            let marker = index + 1
            return SourceView(
                marker: marker, passage: passage, citations: answer.citations.filter { $0.marker == marker })
        }
    }

    static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}

/// The contract's `Source`: the quoted part of a cited passage, the beginning of any other.
private struct SourceView: JSONWritable {
    let marker: Int
    let passage: RetrievedPassage
    let citations: [Citation]

    private static let maximumQuote = 2_000

    func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("marker", marker)
            members.member("source_type", "document")
            members.member("source_id", passage.documentID)
            members.member("title", String(passage.documentTitle.unicodeScalars.prefix(500)))
            members.member("chunk_id", passage.key)
            let (quote, place) = quoted
            members.member("location", place)
            members.member("quote", quote)
            members.member("score", AssistView.rounded(passage.score))
            members.member("vector_score", AssistView.rounded(min(1, passage.vectorScore)))
            members.member("keyword_score", AssistView.rounded(passage.keywordScore))
            members.member("version", passage.documentVersion)
            members.member("cited", !citations.isEmpty)
        }
    }

    /// From the first to the last cited character, and where that lies in the document.
    private var quoted: (String, PassagePlace) {
        var place = passage.place
        let start = citations.map(\.characterStart).min() ?? place.characterStart
        let end = citations.map(\.characterEnd).max() ?? place.characterEnd
        let offset = max(0, start - place.characterStart)
        let slice = passage.text.unicodeScalars.dropFirst(offset).prefix(min(Self.maximumQuote, max(0, end - start)))
        place.characterStart = start
        place.characterEnd = start + slice.count
        return (String(String.UnicodeScalarView(slice)), place)
    }
}
