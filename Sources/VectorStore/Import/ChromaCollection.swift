import Foundation
import Store

/// A collection as a Chroma folder has it.
public struct ChromaCollection: Sendable, Hashable {
    public let id: String
    public let name: String
    public let tenant: String
    public let database: String
    public let metadata: [String: MetadataValue]?
    public let space: Space
    public let settings: IndexSettings
    /// 0 where it never had a vector.
    public let dimension: Int
    let vectorSegment: String
    let metadataSegment: String
}

/// Where a collection's settings stand depends on the version that made it.
struct ChromaSettings {
    var space: Space?
    var settings = IndexSettings()

    /// - Parameters:
    ///   - schema: `schema_str` of 1.3 and newer.
    ///   - configuration: `config_json_str`.
    ///   - segmentMetadata: what 0.5 and 0.6 obey, whatever the configuration says.
    init(
        schema: String?, configuration: String?, segmentMetadata: [String: MetadataValue],
        collectionMetadata: [String: MetadataValue]
    ) {
        readLegacy(collectionMetadata)
        readLegacy(segmentMetadata)
        let configuration = Self.object(configuration)
        if space == nil {
            space = (Self.member(configuration, "hnsw_configuration", "space") as? String).flatMap(Space.init)
        }
        let vectorIndex = Self.member(configuration, "vector_index") as? [String: Any]
        read(vectorIndex?["hnsw"] as? [String: Any] ?? vectorIndex?["spann"] as? [String: Any])
        let inSchema =
            Self.member(Self.object(schema), "keys", "#embedding", "float_list", "vector_index", "config")
            as? [String: Any]
        if let name = inSchema?["space"] as? String, let found = Space(rawValue: name) { space = found }
        read(inSchema?["hnsw"] as? [String: Any])
    }

    private static func object(_ json: String?) -> [String: Any]? {
        json.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    }

    private static func member(_ object: [String: Any]?, _ path: String...) -> Any? {
        var value: Any? = object
        for name in path { value = (value as? [String: Any])?[name] }
        return value
    }

    private mutating func read(_ members: [String: Any]?) {
        guard let members else { return }
        if let name = members["space"] as? String, let found = Space(rawValue: name) { space = found }
        set(
            maxNeighbors: members["max_neighbors"] as? Int, efConstruction: members["ef_construction"] as? Int,
            efSearch: members["ef_search"] as? Int)
    }

    private mutating func readLegacy(_ metadata: [String: MetadataValue]) {
        if case .string(let name)? = metadata["hnsw:space"], let found = Space(rawValue: name) { space = found }
        set(
            maxNeighbors: metadata["hnsw:M"]?.integerValue,
            efConstruction: metadata["hnsw:construction_ef"]?.integerValue,
            efSearch: metadata["hnsw:search_ef"]?.integerValue)
    }

    /// Chroma's own defaults, 16, 100 and 100 (10 in 0.5), are left to our index.
    private mutating func set(maxNeighbors: Int?, efConstruction: Int?, efSearch: Int?) {
        if let maxNeighbors { settings.maxNeighbors = maxNeighbors == 16 ? nil : maxNeighbors }
        if let efConstruction { settings.efConstruction = efConstruction == 100 ? nil : efConstruction }
        if let efSearch { settings.efSearch = efSearch <= 100 ? nil : efSearch }
    }
}
