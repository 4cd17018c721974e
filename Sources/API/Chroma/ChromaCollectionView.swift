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
                members.member("embedding_function", Nullable(embeddingFunction))
            }
            members.object("schema") { members in
                members.object("defaults", defaults)
                members.object("keys") { members in
                    members.object("#document") { Self.string(&$0, fullText: true, inverted: false) }
                    members.object("#embedding") { members in
                        members.object("float_list") { vectorIndex(&$0, isEnabled: true, sourceKey: "#document") }
                    }
                }
            }
            members.member("metadata", Nullable(collection.metadata))
            let dimension = collection.description.dimension
            members.member("dimension", Nullable(dimension == 0 ? nil : dimension))
            members.member("tenant", collection.database.tenant)
            members.member("database", collection.database.name)
            members.member("log_position", 0)
            members.member("version", 0)
        }
    }

    private var embeddingFunction: JSONValue? {
        configuration.embeddingFunction.flatMap { try? JSONParser.parse(Array($0.utf8)) }
    }

    private func defaults(_ members: inout JSONWriter.Members) {
        Self.string(&members, fullText: false, inverted: true)
        members.object("float_list") { vectorIndex(&$0, isEnabled: false, sourceKey: nil) }
        members.object("sparse_vector") { members in
            Self.index(&members, "sparse_vector_index", isEnabled: false) { members in
                members.object("embedding_function") { $0.member("type", "unknown") }
                members.member("bm25", false)
            }
        }
        for (type, name) in [
            ("int", "int_inverted_index"), ("float", "float_inverted_index"), ("bool", "bool_inverted_index"),
        ] {
            members.object(type) { Self.index(&$0, name, isEnabled: true) { _ in } }
        }
    }

    private static func string(_ members: inout JSONWriter.Members, fullText: Bool, inverted: Bool) {
        members.object("string") { members in
            index(&members, "fts_index", isEnabled: fullText) { _ in }
            index(&members, "string_inverted_index", isEnabled: inverted) { _ in }
        }
    }

    private static func index(
        _ members: inout JSONWriter.Members, _ name: String, isEnabled: Bool,
        _ config: (inout JSONWriter.Members) -> Void
    ) {
        members.object(name) { members in
            members.member("enabled", isEnabled)
            members.object("config", config)
        }
    }

    private func vectorIndex(_ members: inout JSONWriter.Members, isEnabled: Bool, sourceKey: String?) {
        Self.index(&members, "vector_index", isEnabled: isEnabled) { members in
            members.member("space", configuration.space)
            members.member("embedding_function", embeddingFunction)
            members.member("source_key", sourceKey)
            members.object("hnsw") { members in
                members.member("ef_construction", configuration.efConstruction)
                members.member("max_neighbors", configuration.maxNeighbors)
                members.member("ef_search", configuration.efSearch)
                members.member("num_threads", configuration.numThreads)
                members.member("batch_size", configuration.batchSize)
                members.member("sync_threshold", configuration.syncThreshold)
                members.member("resize_factor", configuration.resizeFactor)
            }
        }
    }
}
