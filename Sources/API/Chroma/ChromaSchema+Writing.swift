import VectorStore

/// The schema as Chroma's answers show it.
extension ChromaSchema {
    func write(_ configuration: ChromaConfiguration, to members: inout JSONWriter.Members) {
        members.object("defaults") { members in
            for type in [ValueType.string, .int, .float, .bool, .sparseVector] {
                Self.write(type, isEnabled: defaults[type] ?? true, to: &members)
            }
            members.object("float_list") { members in
                let usual = definesVectors ? ChromaConfiguration() : configuration
                usual.writeVectorIndex(isEnabled: false, sourceKey: nil, to: &members)
            }
        }
        members.object("keys") { members in
            members.object(Self.document) { members in
                Self.writeString(fullText: hasFullText, isEnabled: false, to: &members)
            }
            members.object(Self.embedding) { members in
                members.object("float_list") { members in
                    configuration.writeVectorIndex(isEnabled: true, sourceKey: Self.document, to: &members)
                }
            }
            for (key, types) in keys.sorted(by: { $0.key < $1.key }) {
                members.object(key) { members in
                    for type in ValueType.allCases {
                        if let isEnabled = types[type] { Self.write(type, isEnabled: isEnabled, to: &members) }
                    }
                }
            }
        }
    }

    private static func write(_ type: ValueType, isEnabled: Bool, to members: inout JSONWriter.Members) {
        switch type {
        case .string: writeString(fullText: false, isEnabled: isEnabled, to: &members)
        case .sparseVector:
            members.object(type.rawValue) { members in
                ChromaConfiguration.writeIndex(type.index, isEnabled: isEnabled, to: &members) { members in
                    members.object("embedding_function") { $0.member("type", "unknown") }
                    members.member("bm25", false)
                }
            }
        case .int, .float, .bool:
            members.object(type.rawValue) { members in
                ChromaConfiguration.writeIndex(type.index, isEnabled: isEnabled, to: &members) { _ in }
            }
        }
    }

    private static func writeString(fullText: Bool, isEnabled: Bool, to members: inout JSONWriter.Members) {
        members.object("string") { members in
            ChromaConfiguration.writeIndex("fts_index", isEnabled: fullText, to: &members) { _ in }
            ChromaConfiguration.writeIndex(ValueType.string.index, isEnabled: isEnabled, to: &members) { _ in }
        }
    }
}

extension ChromaConfiguration {
    static func writeIndex(
        _ name: String, isEnabled: Bool, to members: inout JSONWriter.Members,
        _ config: (inout JSONWriter.Members) -> Void
    ) {
        members.object(name) { members in
            members.member("enabled", isEnabled)
            members.object("config", config)
        }
    }

    func writeVectorIndex(isEnabled: Bool, sourceKey: String?, to members: inout JSONWriter.Members) {
        Self.writeIndex("vector_index", isEnabled: isEnabled, to: &members) { members in
            members.member("space", space)
            members.member("embedding_function", embeddingFunctionJSON)
            members.member("source_key", sourceKey)
            members.object("hnsw") { members in
                members.member("ef_construction", efConstruction)
                members.member("max_neighbors", maxNeighbors)
                members.member("ef_search", efSearch)
                members.member("num_threads", numThreads)
                members.member("batch_size", batchSize)
                members.member("sync_threshold", syncThreshold)
                members.member("resize_factor", resizeFactor)
            }
        }
    }

    var embeddingFunctionJSON: JSONValue? {
        embeddingFunction.flatMap { try? JSONParser.parse(Array($0.utf8)) }
    }
}
