import VectorStore

/// What other parts of the product need to know of Chroma's notation.
public enum ChromaNotation {
    /// The configuration that is kept beside a collection that was taken over.
    public static func configuration(of collection: ChromaCollection) throws -> String {
        var configuration = ChromaConfiguration()
        configuration.space = collection.space
        configuration.maxNeighbors = collection.settings.maxNeighbors ?? configuration.maxNeighbors
        configuration.efConstruction = collection.settings.efConstruction ?? configuration.efConstruction
        configuration.efSearch = collection.settings.efSearch ?? configuration.efSearch
        return try configuration.encoded()
    }
}
