/// The kinds of work, as the API names them.
public enum JobKind: String, Sendable, Hashable, CaseIterable {
    case documentIngest = "document_ingest"
    case documentReindex = "document_reindex"
    case dataImport = "data_import"
    case searchReindex = "search_reindex"
    case databaseOptimize = "database_optimize"
    case campaignLaunch = "campaign_launch"
    case socialPublish = "social_publish"
    case sequenceStep = "sequence_step"
    case reportPerformance = "report_performance"
    case reportNarrative = "report_narrative"
    case assistTask = "assist_task"
    case maintenance

    /// The queue that a job of this kind joins unless told otherwise.
    public var queue: QueueName {
        switch self {
        case .documentIngest, .documentReindex: .documents
        case .dataImport: .data
        case .searchReindex, .databaseOptimize, .maintenance: .maintenance
        case .campaignLaunch, .socialPublish, .sequenceStep: .marketing
        case .reportPerformance, .reportNarrative: .reports
        case .assistTask: .ai
        }
    }
}

/// Queues are lines that do not wait for each other: each has its own workers and its own ceiling.
public enum QueueName: String, Sendable, Hashable, CaseIterable {
    case `default`, ai, documents, data, marketing, reports, maintenance
}

public enum JobStatus: String, Sendable, Hashable, CaseIterable {
    case queued, running, retrying, cancelling, completed, failed, cancelled

    /// Nothing happens to the job any more. `failed` jobs are the dead letters.
    public var isFinal: Bool {
        switch self {
        case .completed, .failed, .cancelled: true
        case .queued, .running, .retrying, .cancelling: false
        }
    }

    /// A worker holds the job.
    public var isHeld: Bool { self == .running || self == .cancelling }
}

public enum JobPriority: String, Sendable, Hashable, CaseIterable {
    case low, normal, high, urgent

    /// 0 for `low` to 3 for `urgent`: what the database keeps, so that rows sort by it.
    public var level: Int {
        switch self {
        case .low: 0
        case .normal: 1
        case .high: 2
        case .urgent: 3
        }
    }

    init?(level: Int64) {
        guard let found = Self.allCases.first(where: { Int64($0.level) == level }) else { return nil }
        self = found
    }
}

/// What a job works on.
public struct JobSubject: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case document, report, campaign, sequence, index, database, client
        case socialPost = "social_post"
        case assistTask = "assist_task"
        case dataImport = "import"
    }
    public let kind: Kind
    /// Id of the record, where there is a single one.
    public let id: String?

    public init(_ kind: Kind, id: String? = nil) {
        self.kind = kind
        self.id = id
    }
}
