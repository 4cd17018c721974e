import NIOCore
import VectorStore

/// A collection as Chroma's answers show it.
struct ChromaCollectionView: JSONWritable {
    let collection: NamedCollection
    let configuration: ChromaConfiguration

    init(_ collection: NamedCollection) throws {
        self.collection = collection
        configuration = try ChromaConfiguration(stored: collection.configuration)
    }

    func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("id", collection.uid)
            members.member("name", collection.name)
            members.object("configuration_json") { members in
                members.object("hnsw") { members in
                    members.member("space", configuration.space)
                    members.member("ef_construction", configuration.efConstruction)
                    members.member("ef_search", configuration.efSearch)
                    members.member("max_neighbors", configuration.maxNeighbors)
                    members.member("resize_factor", configuration.resizeFactor)
                    members.member("sync_threshold", configuration.syncThreshold)
                }
                members.member("spann", Nullable<String>(nil))
                members.member("embedding_function", Nullable(configuration.embeddingFunctionJSON))
            }
            members.object("schema") { (configuration.schema ?? ChromaSchema()).write(configuration, to: &$0) }
            members.member("metadata", Nullable(collection.metadata))
            let dimension = collection.description.dimension
            members.member("dimension", Nullable(dimension == 0 ? nil : dimension))
            members.member("tenant", collection.database.tenant)
            members.member("database", collection.database.name)
            members.member("log_position", 0)
            members.member("version", 0)
        }
    }
}
