import Foundation
import Synchronization
import VectorIndex

/// Searches without pause on a thread of its own, with the default efSearch, until it is stopped;
/// at least once.
final class BackgroundSearcher: Sendable {
    private let isStopped = Atomic(false)
    private let searches = Atomic(0)
    private let outcome = Mutex(Outcome())
    private let ended = DispatchSemaphore(value: 0)

    private struct Outcome {
        var microseconds: [Double] = []
        var failure: VectorIndexError?
    }

    /// Clocked searches; later ones are counted only.
    static let clockedLimit = 1_000_000

    init(index: HNSWIndex, queries: VectorMatrix) {
        let thread = Thread { [self] in
            let result = searchUntilStopped(index, queries)
            outcome.withLock { $0 = result }
            ended.signal()
        }
        thread.start()
    }

    /// How many searches have been answered so far.
    var searchCount: Int { searches.load(ordering: .relaxed) }

    /// Waits for the running search. Call it once.
    /// - Returns: the microseconds of each search.
    func stop() throws(VectorIndexError) -> [Double] {
        isStopped.store(true, ordering: .relaxed)
        ended.wait()
        let result = outcome.withLock { $0 }
        if let failure = result.failure { throw failure }
        return result.microseconds
    }

    private func searchUntilStopped(_ index: HNSWIndex, _ queries: VectorMatrix) -> Outcome {
        var result = Outcome()
        let span = queries.values.span
        var row = 0
        repeat {
            let start = WorkClock.nanoseconds()
            do {
                _ = try index.search(
                    span.extracting(queries.range(ofRow: row)), k: BenchmarkData.k, efSearch: nil, allowed: nil)
            } catch {
                result.failure = error
                break
            }
            if result.microseconds.count < Self.clockedLimit {
                result.microseconds.append(Double(WorkClock.nanoseconds() - start) / 1e3)
            }
            searches.wrappingAdd(1, ordering: .relaxed)
            row = row + 1 == queries.count ? 0 : row + 1
        } while !isStopped.load(ordering: .relaxed)
        return result
    }
}
