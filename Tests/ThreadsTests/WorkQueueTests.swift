import Foundation
import Synchronization
import Testing

@testable import Threads

@Suite(.timeLimit(.minutes(5)))
struct WorkQueueTests {
    @Test func handsOutInOrderOfArrival() {
        let queue = WorkQueue()
        let order = Mutex<[Int]>([])
        for number in 0..<5_000 { #expect(queue.add { order.withLock { $0.append(number) } }) }
        for _ in 0..<5_000 { queue.next()?() }
        #expect(order.withLock { $0 } == Array(0..<5_000))
        #expect(queue.storedCount == 0)
    }

    /// The array used to be emptied only when the queue ran empty, so it grew without end under steady load.
    @Test func whatWasHandedOutIsLetGoUnderSteadyLoad() {
        let queue = WorkQueue()
        #expect(queue.add {})
        for _ in 0..<20_000 {
            #expect(queue.add {})
            queue.next()?()
        }
        #expect(queue.storedCount <= WorkQueue.compactionCount + 2)
    }

    @Test func randomAddsAndTakesMatchAPlainList() {
        for seed in UInt64(1)...20 {
            var random = seed
            let queue = WorkQueue()
            let taken = Mutex<Int?>(nil)
            var list: [Int] = []
            for number in 0..<4_000 {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                // Phases that fill and phases that drain.
                let fills = (number / 1_500).isMultiple(of: 2)
                if random >> 33 & 3 < (fills ? 3 : 1) {
                    #expect(queue.add { taken.withLock { $0 = number } })
                    list.append(number)
                } else if !list.isEmpty {
                    queue.next()?()
                    let expected = list.removeFirst()
                    #expect(taken.withLock { $0 } == expected, "seed \(seed)")
                }
            }
        }
    }

    @Test func aClosedQueueHandsOutWhatItHasAndRefusesMore() {
        let queue = WorkQueue()
        #expect(queue.add {})
        #expect(queue.add {})
        queue.close()
        #expect(!queue.add {})
        #expect(queue.next() != nil)
        #expect(queue.next() != nil)
        #expect(queue.next() == nil)
        #expect(queue.next() == nil)
    }

    @Test func closingWakesAllWhoWait() async {
        let queue = WorkQueue()
        let ended = AsyncStream<Void>.makeStream()
        for _ in 0..<3 {
            Thread {
                while let job = queue.next() { job() }
                ended.continuation.yield()
            }.start()
        }
        queue.close()
        var count = 0
        for await _ in ended.stream {
            count += 1
            if count == 3 { break }
        }
        #expect(count == 3)
    }
}
