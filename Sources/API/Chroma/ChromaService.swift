import Hummingbird
import VectorStore

/// The collections as a ChromaDB server shows them, under `/api/v2`: chromadb's clients work with it as they are.
public struct ChromaService: Sendable {
    let store: CollectionStore
    let policy: ChromaPolicy

    public init(store: CollectionStore, policy: ChromaPolicy) {
        self.store = store
        self.policy = policy
    }

    func addRoutes(to router: Router<APIContext>, admission: Admission, paths: PathTable) {
        let routes = ChromaRoutes(router: router, admission: admission, policy: policy, paths: paths)
        let schemas = ChromaSchemas(store: store)
        ChromaCatalogController(store: store, policy: policy).addRoutes(to: routes)
        ChromaCollectionsController(store: store, schemas: schemas).addRoutes(to: routes)
        ChromaRecordsController(store: store, schemas: schemas).addRoutes(to: routes)
    }
}
