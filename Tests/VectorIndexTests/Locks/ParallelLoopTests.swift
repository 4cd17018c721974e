import Glibc
import Synchronization
import Testing

@testable import VectorIndex

@Suite struct ParallelLoopTests {
    private final class Log: Sendable {
        private let entries = Mutex<[(steps: Range<Int>, thread: Int)]>([])
        func append(_ steps: Range<Int>, _ thread: Int) { entries.withLock { $0.append((steps, thread)) } }
        var all: [(steps: Range<Int>, thread: Int)] { entries.withLock { $0 } }
    }

    @Test(arguments: [0, 1, 2, 9, 10, 11, 1_000], [1, 2, 5, 64])
    func everyStepRunsOnce(count: Int, threads: Int) {
        for blockSize in [1, 3, 10, 5_000] {
            let log = Log()
            let isDone = ParallelLoop.run(count: count, blockSize: blockSize, threads: threads) { steps, thread in
                log.append(steps, thread)
                return true
            }
            let place: Comment = "\(count) steps by \(blockSize) on \(threads) threads"
            #expect(isDone, place)
            #expect(log.all.flatMap { Array($0.steps) }.sorted() == Array(0..<count), place)
            #expect(log.all.allSatisfy { $0.steps.lowerBound % blockSize == 0 && $0.steps.count <= blockSize }, place)
            #expect(log.all.allSatisfy { (0..<threads).contains($0.thread) }, place)
        }
    }

    @Test func oneThreadOrOneBlockStaysOnTheCallingThread() {
        let caller = UInt(pthread_self())
        for (count, blockSize, threads) in [(50, 7, 1), (50, 50, 8), (1, 1, 64)] {
            let others = Atomic(0)
            ParallelLoop.run(count: count, blockSize: blockSize, threads: threads) { _, thread in
                if UInt(pthread_self()) != caller || thread != 0 { others.add(1, ordering: .relaxed) }
                return true
            }
            #expect(others.load(ordering: .relaxed) == 0)
        }
    }

    /// Blocks that wait for one another: only on two threads at once do they meet, and then under different numbers.
    @Test func threadsRunAtOnce() {
        let inside = Atomic(0)
        let log = Log()
        let isDone = ParallelLoop.run(count: 2, blockSize: 1, threads: 2) { steps, thread in
            log.append(steps, thread)
            inside.add(1, ordering: .sequentiallyConsistent)
            for _ in 0..<10_000 where inside.load(ordering: .sequentiallyConsistent) < 2 { usleep(1_000) }
            return inside.load(ordering: .sequentiallyConsistent) == 2
        }
        #expect(isDone && Set(log.all.map(\.thread)) == [0, 1])
    }

    /// More threads than the limit are not started; the work is done all the same.
    @Test func theLimitOfThreads() {
        let log = Log()
        let isDone = ParallelLoop.run(count: 500, blockSize: 1, threads: 10_000) { steps, thread in
            log.append(steps, thread)
            return true
        }
        #expect(isDone && log.all.count == 500)
        #expect(log.all.allSatisfy { (0..<ParallelLoop.threadLimit).contains($0.thread) })
    }

    /// After one block has given up, no other begins: on one thread exactly, on several but for those that have begun.
    @Test(arguments: [1, 4])
    func givingUp(threads: Int) {
        let log = Log()
        let isDone = ParallelLoop.run(count: 100_000, blockSize: 1, threads: threads) { steps, thread in
            log.append(steps, thread)
            return steps.lowerBound < 10
        }
        #expect(!isDone)
        let blocks = log.all.map(\.steps.lowerBound).sorted()
        #expect(blocks.starts(with: 0...10))
        #expect(blocks.count { $0 >= 10 } <= threads)
    }

    @Test func givingUpInTheLastBlock() {
        #expect(!ParallelLoop.run(count: 3, blockSize: 1, threads: 1) { steps, _ in steps.lowerBound < 2 })
        #expect(!ParallelLoop.run(count: 1, blockSize: 1, threads: 8) { _, _ in false })
    }

    /// What `body` holds is let go of when the loop has ended.
    @Test func nothingIsKept() {
        final class Payload: Sendable {}
        weak var watched: Payload?
        do {
            let payload = Payload()
            watched = payload
            ParallelLoop.run(count: 40, blockSize: 1, threads: 4) { _, _ in
                withExtendedLifetime(payload) { true }
            }
        }
        #expect(watched == nil)
    }
}
