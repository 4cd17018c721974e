import Embedding
import Ingest
import Store
import VectorStore

extension PassageSplitter {
    /// Cuts to the window of this model. The defaults of the settings are for windows of 256 tokens; smaller ones
    /// scale them down, larger ones do not make passages longer.
    static func standard(for embedder: Embedder) -> PassageSplitter {
        var settings = SplitSettings()
        let window = embedder.maximumPassageTokens
        if window < settings.windowTokens {
            settings.windowTokens = window
            settings.maximumContextTokens = window / 5
            settings.maximumTokens = window - settings.maximumContextTokens
            settings.targetTokens = min(settings.targetTokens, settings.maximumTokens)
        }
        return PassageSplitter(settings: settings) { embedder.tokenOffsets($0) }
    }
}

extension Passage {
    func record(vector: [Float]) -> NewRecord {
        var place = PassagePlace(characterStart: span.start, characterEnd: span.end)
        place.page = page
        place.section = headingPath.last
        place.rowStart = rows?.lowerBound
        place.rowEnd = rows?.upperBound
        place.box = box.map { [$0.x, $0.y, $0.width, $0.height] }
        place.tokenCount = tokenCount
        return NewRecord(
            key: UUIDv7.make(), text: text, context: context, metadata: place.metadata, vector: vector)
    }
}
