import Assist
import Store
import VectorStore

extension Installation {
    /// Gives memory and space in files back that removed documents and records have left. Goes on in the background of
    /// everything else.
    func compact() async throws {
        try await database.compact(texts: [VectorStoreSchema.textIndex])
        try await collection.compact()
        try await collections.compact()
    }

    /// Leaves nothing of what was removed in any file of the data folder.
    public func purge() async throws {
        try await intake.removeOrphans()
        try await collection.purge()
        try await collections.purge()
        try await database.purge(texts: [VectorStoreSchema.textIndex])
    }
}
