import Store

/// The tables behind collections and documents, as an append-only list.
public enum VectorStoreSchema {
    /// Full text over the passages; a word of the context (title, headings) counts less than one of the text.
    public static let textIndex = TextIndex(
        name: "records_text", table: "records", rowIDColumn: "id", columns: ["text", "context"], weights: [1, 0.5])

    public static let migrations: [Migration] = [
        Migration("vectorstore-1") { transaction in
            // One counter numbers every change of records; a record's id is the number of its insertion.
            try transaction.execute("CREATE TABLE sequences (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL)")
            try transaction.execute("INSERT INTO sequences (name, value) VALUES ('records', 0)")
            try transaction.execute(
                """
                CREATE TABLE collections (
                    id INTEGER PRIMARY KEY NOT NULL,
                    name TEXT NOT NULL UNIQUE,
                    dimension INTEGER NOT NULL,
                    metric TEXT NOT NULL,
                    fingerprint TEXT NOT NULL,
                    generation INTEGER NOT NULL,
                    forgotten_sequence INTEGER NOT NULL,
                    created_at INTEGER NOT NULL)
                """)
            try transaction.execute(
                """
                CREATE TABLE documents (
                    id TEXT PRIMARY KEY NOT NULL,
                    collection_id INTEGER NOT NULL REFERENCES collections (id),
                    title TEXT NOT NULL,
                    filename TEXT NOT NULL,
                    format TEXT NOT NULL,
                    size_bytes INTEGER NOT NULL,
                    sha256 TEXT NOT NULL,
                    document_type TEXT,
                    tags TEXT NOT NULL,
                    visibility TEXT NOT NULL,
                    language TEXT,
                    property_id TEXT,
                    client_id TEXT,
                    transaction_id TEXT,
                    uploaded_by TEXT NOT NULL,
                    status TEXT NOT NULL,
                    error TEXT,
                    warnings TEXT NOT NULL,
                    page_count INTEGER,
                    row_count INTEGER,
                    char_count INTEGER,
                    passage_count INTEGER,
                    generation INTEGER,
                    embedding_model TEXT,
                    splitter TEXT,
                    job_id TEXT,
                    created_at INTEGER NOT NULL,
                    updated_at INTEGER NOT NULL,
                    processed_at INTEGER,
                    version INTEGER NOT NULL)
                """)
            try transaction.execute("CREATE INDEX documents_by_hash ON documents (sha256)")
            try transaction.execute("CREATE INDEX documents_by_time ON documents (created_at)")
            try transaction.execute(
                """
                CREATE TABLE document_texts (
                    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
                    generation INTEGER NOT NULL,
                    text TEXT NOT NULL,
                    PRIMARY KEY (document_id, generation))
                """)
            try transaction.execute(
                """
                CREATE TABLE records (
                    id INTEGER PRIMARY KEY NOT NULL,
                    collection_id INTEGER NOT NULL REFERENCES collections (id),
                    generation INTEGER NOT NULL,
                    record_key TEXT NOT NULL,
                    document_id TEXT REFERENCES documents (id),
                    position INTEGER NOT NULL,
                    text TEXT NOT NULL,
                    context TEXT NOT NULL,
                    metadata TEXT NOT NULL,
                    vector BLOB NOT NULL)
                """)
            try transaction.execute("CREATE INDEX records_by_document ON records (document_id, generation, position)")
            try transaction.execute("CREATE INDEX records_by_collection ON records (collection_id, generation, id)")
            try transaction.execute(
                """
                CREATE TABLE removed_records (
                    sequence INTEGER PRIMARY KEY NOT NULL,
                    collection_id INTEGER NOT NULL,
                    record_id INTEGER NOT NULL)
                """)
            try transaction.createTextIndex(textIndex)
        },
        Migration("vectorstore-2") { transaction in
            // Vectors lie apart, so that what reads texts or metadata does not read past them; texts may be absent;
            // metadata are bytes that decode fast; the log says of every change, not only of removals.
            try transaction.execute(
                """
                CREATE TABLE record_vectors (record_id INTEGER PRIMARY KEY NOT NULL, vector BLOB NOT NULL)
                """)
            try transaction.execute("INSERT INTO record_vectors (record_id, vector) SELECT id, vector FROM records")
            try transaction.execute(
                """
                CREATE TABLE new_records (
                    id INTEGER PRIMARY KEY NOT NULL,
                    collection_id INTEGER NOT NULL REFERENCES collections (id),
                    generation INTEGER NOT NULL,
                    record_key TEXT NOT NULL,
                    document_id TEXT REFERENCES documents (id),
                    position INTEGER NOT NULL,
                    text TEXT,
                    context TEXT NOT NULL,
                    fields BLOB NOT NULL,
                    uri TEXT)
                """)
            try transaction.forEach("SELECT id, metadata FROM records ORDER BY id", []) { row in
                let id = try row.int(0)
                let metadata = try JSONColumn.decode(
                    [String: MetadataValue].self, try row.text(1), table: "records", id: String(id))
                try transaction.execute(
                    """
                    INSERT INTO new_records
                        (id, collection_id, generation, record_key, document_id, position, text, context, fields)
                    SELECT id, collection_id, generation, record_key, document_id, position, text, context, $2
                    FROM records WHERE id = $1
                    """, [id, MetadataColumn.encode(metadata)])
            }
            try transaction.execute("DROP TABLE records")
            try transaction.execute("ALTER TABLE new_records RENAME TO records")
            try transaction.execute("CREATE INDEX records_by_document ON records (document_id, generation, position)")
            try transaction.execute("CREATE INDEX records_by_collection ON records (collection_id, generation, id)")
            try transaction.execute(
                "CREATE UNIQUE INDEX records_by_key ON records (collection_id, generation, record_key)")
            try transaction.execute(
                """
                CREATE TABLE record_changes (
                    sequence INTEGER PRIMARY KEY NOT NULL,
                    collection_id INTEGER NOT NULL,
                    record_id INTEGER NOT NULL,
                    kind INTEGER NOT NULL)
                """)
            try transaction.execute(
                """
                INSERT INTO record_changes (sequence, collection_id, record_id, kind)
                SELECT sequence, collection_id, record_id, 0 FROM removed_records
                """)
            try transaction.execute("DROP TABLE removed_records")
        },
        Migration("vectorstore-3") { transaction in
            // Collections that users make lie in databases of tenants. One has its uid in `collections.name`; the names that
            // it is called by are rows of their own, so that an alias passes from one to another by one update.
            try transaction.execute(
                "CREATE TABLE tenants (name TEXT PRIMARY KEY NOT NULL, created_at INTEGER NOT NULL)")
            try transaction.execute(
                """
                CREATE TABLE databases (
                    id TEXT PRIMARY KEY NOT NULL,
                    tenant TEXT NOT NULL,
                    name TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    UNIQUE (tenant, name))
                """)
            try transaction.execute("ALTER TABLE collections ADD COLUMN database_id TEXT REFERENCES databases (id)")
            try transaction.execute("ALTER TABLE collections ADD COLUMN metadata BLOB")
            try transaction.execute("ALTER TABLE collections ADD COLUMN configuration TEXT")
            try transaction.execute("ALTER TABLE collections ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0")
            try transaction.execute(
                """
                CREATE TABLE collection_names (
                    database_id TEXT NOT NULL REFERENCES databases (id),
                    name TEXT NOT NULL,
                    collection_id INTEGER NOT NULL REFERENCES collections (id),
                    is_alias INTEGER NOT NULL,
                    PRIMARY KEY (database_id, name))
                """)
            try transaction.execute("CREATE INDEX collection_names_by_id ON collection_names (collection_id)")
        },
        Migration("vectorstore-4") { transaction in
            // A query compares the number of its collection's last change with the index's; how the graph is built and
            // searched is the collection's own.
            try transaction.execute("ALTER TABLE collections ADD COLUMN last_sequence INTEGER NOT NULL DEFAULT 0")
            try transaction.execute(
                "UPDATE collections SET last_sequence = (SELECT value FROM sequences WHERE name = 'records')")
            try transaction.execute("ALTER TABLE collections ADD COLUMN max_neighbors INTEGER")
            try transaction.execute("ALTER TABLE collections ADD COLUMN ef_construction INTEGER")
            try transaction.execute("ALTER TABLE collections ADD COLUMN ef_search INTEGER")
        },
    ]
}
