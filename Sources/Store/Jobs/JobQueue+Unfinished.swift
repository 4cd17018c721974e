extension JobQueue {
    /// Whether a job of this kind is waiting or running, as seen by the caller's transaction.
    public func hasUnfinishedJob(_ kind: JobKind, in transaction: any ReadTransaction) throws -> Bool {
        try JobStatus.allCases.filter { !$0.isFinal }.contains { status in
            let filter = JobFilter(kind: kind, status: status)
            return try !JobTable.jobs(filter, before: nil, limit: 1, in: transaction).isEmpty
        }
    }
}
