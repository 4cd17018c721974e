/// Why a Chroma folder, or a part of it, cannot be taken over.
public enum ChromaImportError: Error, Equatable, CustomStringConvertible {
    /// The folder has no `chroma.sqlite3`.
    case noFolder(path: String)
    case damagedFile(path: String, detail: String)
    /// A table of the folder's database is not as any version of Chroma has it.
    case unknownTable(name: String, detail: String)
    /// A collection of the name is there already and is another one.
    case otherCollection(name: String, detail: String)

    public var description: String {
        switch self {
        case .noFolder(let path):
            """
            \(path) is no Chroma folder: it has no chroma.sqlite3. Name the folder that PersistentClient or \
            `chroma run --path` uses.
            """
        case .damagedFile(let path, let detail): "\(path) cannot be read: \(detail)."
        case .unknownTable(let name, let detail):
            """
            The table \(name) is not as chromadb 0.5 to 1.5 has it: \(detail). Open the folder once with the newest \
            chromadb, which brings it up to date.
            """
        case .otherCollection(let name, let detail):
            """
            A collection "\(name)" is there already: \(detail). Import with --prefix to give the collections other names.
            """
        }
    }
}
