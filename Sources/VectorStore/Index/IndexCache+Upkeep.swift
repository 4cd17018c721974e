import Store
import Threads

/// `malloc_trim` of glibc, which its module does not export.
@_silgen_name("malloc_trim")
private func giveFreeMemoryBack(_ keptBytes: Int) -> Int32

/// Work on the index that no caller waits for.
extension IndexCache {
    /// Vectors settled in one turn on a thread of the pool, so that searches waiting for one wait some milliseconds at most.
    private static let settledAtOnce = 16
    /// Changes after which the file is written anew, at least.
    private static let snapshotFloor = 2_000
    /// While changes follow one another faster than this, the graph is left alone: each search compares the vectors that
    /// wait, and both cores are the writers'.
    private static let quiet = Duration.seconds(1)
    /// So many waiting vectors are too many to wait for quiet, at some 60 ns each for every search.
    private static let mostWaiting = 100_000
    /// An index of so many vectors is not built anew behind the callers' backs: changes would wait too long.
    private static let mostRebuilt = 250_000

    /// Puts appended vectors into the graph and withdrawn ones out of it, and writes the file when much has changed. What is
    /// not done when the program stops is done after the next start.
    func workInBackground() {
        guard state.beginWork() else { return }
        Task.detached(priority: .background) { [self] in
            do {
                try await waitForQuiet()
                try await settleUndisturbed()
                state.endWork()
                if state.unsettledCount > 0, goesOn { return workInBackground() }
                try await writeFileIfDue()
                // What large requests and builds have used goes back to the system.
                try await pool.run { _ = giveFreeMemoryBack(0) }
            } catch is CancellationError {
                state.endWork()
            } catch {
                state.endWork()
                // Changes are committed and searchable; a file that cannot be written only costs the next start time.
                state.setComplaint("The index could not be brought to the disk: \(error)")
            }
        }
    }

    private var goesOn: Bool { !isStopping() && state.mayWriteFile }

    private func waitForQuiet() async throws {
        var sequence = state.appliedSequence
        while goesOn, state.unsettledCount < Self.mostWaiting {
            try await Task.sleep(for: Self.quiet)
            let now = state.appliedSequence
            if now == sequence { return }
            sequence = now
        }
    }

    /// Until all is done, or until the next change.
    private func settleUndisturbed() async throws {
        let sequence = state.appliedSequence
        if state.unsettledCount > max(bulkBuildFloor, state.count / 4), state.count < Self.mostRebuilt {
            return try await rebuild()
        }
        while goesOn, state.appliedSequence == sequence || state.unsettledCount >= Self.mostWaiting {
            guard try await pool.run({ [state] in try state.settle(atMost: Self.settledAtOnce) }) > 0 else { return }
        }
    }

    private func writeFileIfDue() async throws {
        try await replay.withLock {
            guard state.changesSinceSnapshot >= max(Self.snapshotFloor, state.count / 10) else { return }
            try await writeFile()
        }
    }

    /// Returns when all vectors have their place in the graph. Where a large part has none yet, builds the index anew, which
    /// takes less; changes wait for it.
    func settle() async throws {
        if state.unsettledCount > max(bulkBuildFloor, state.count / 4) { try await rebuild() }
        while try await pool.run({ [state] in try state.settle(atMost: Self.settledAtOnce) }) > 0 {
            try Task.checkCancellation()
        }
    }

    /// Gives memory and file back that removed vectors have left. Changes wait meanwhile.
    func compact() async throws {
        guard state.isReady, state.isSparse else { return }
        try await rebuild()
        try await snapshot(evenWithoutChanges: true)
    }

    /// Builds the index anew from the rows that it has followed.
    private func rebuild() async throws {
        try await replay.withLock {
            _ = try await buildAtOnce(atLeast: 0, through: state.appliedSequence)
        }
        // Removals and changes after that are still in the log.
        try await applyChanges()
        try await learnFilters()
    }
}
