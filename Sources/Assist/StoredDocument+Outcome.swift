import VectorStore

extension StoredDocument {
    /// This row, as it is now, with what processing found in `processed`. What people change (title, tags, visibility)
    /// stays as it is.
    func withOutcome(of processed: StoredDocument) -> StoredDocument {
        var document = self
        document.status = processed.status
        document.failure = processed.failure
        document.warnings = processed.warnings
        document.pageCount = processed.pageCount
        document.rowCount = processed.rowCount
        document.characterCount = processed.characterCount
        document.passageCount = processed.passageCount
        document.generation = processed.generation
        document.embeddingModel = processed.embeddingModel
        document.splitter = processed.splitter
        document.processedAtMilliseconds = processed.processedAtMilliseconds
        document.updatedAtMilliseconds = processed.updatedAtMilliseconds
        return document
    }
}
