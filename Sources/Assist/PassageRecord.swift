import Embedding
import Ingest
import Store
import VectorStore

extension PassageSplitter {
    /// Cuts to the window of this model.
    static func standard(for embedder: Embedder) -> PassageSplitter {
        PassageSplitter { embedder.tokenOffsets($0) }
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
