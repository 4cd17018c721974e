import Glibc
import Synchronization

/// A loop whose steps run on several threads of its own, which end with it.
enum ParallelLoop {
    static let threadLimit = 64

    /// Calls `body` once for every block of 0 ..< count, `blockSize` steps each, with the number of the thread it runs on.
    ///
    /// Which thread runs which block is chance: what `body` leaves must not depend on it. With one thread, or one block,
    /// everything runs on the calling thread. Where the system gives fewer threads, those there are do the work.
    ///
    /// - Parameter body: returns false to give up; blocks that have not begun then never do.
    /// - Returns: whether all blocks ran.
    @discardableResult
    static func run(
        count: Int, blockSize: Int, threads: Int,
        _ body: @escaping @Sendable (_ steps: Range<Int>, _ thread: Int) -> Bool
    ) -> Bool {
        precondition(blockSize > 0 && threads > 0, "blocks of \(blockSize) on \(threads) threads")
        let blocks = (count + blockSize - 1) / blockSize
        let state = State()
        let work: @Sendable (Int) -> Void = { thread in
            while !state.hasGivenUp.load(ordering: .relaxed) {
                let block = state.nextBlock.add(1, ordering: .relaxed).oldValue
                guard block < blocks else { return }
                let steps = (block * blockSize)..<min(count, (block + 1) * blockSize)
                if !body(steps, thread) { state.hasGivenUp.store(true, ordering: .relaxed) }
            }
        }
        var handles: [pthread_t] = []
        for number in 1..<max(1, min(threads, blocks, threadLimit)) {
            if let handle = start({ work(number) }) { handles.append(handle) }
        }
        work(0)
        for handle in handles { pthread_join(handle, nil) }
        return !state.hasGivenUp.load(ordering: .relaxed)
    }

    private final class State: Sendable {
        let nextBlock = Atomic(0)
        let hasGivenUp = Atomic(false)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
        // SAFETY: the new thread takes the reference that is retained here; if there is no thread it is taken back.
        let work = unsafe Unmanaged.passRetained(Work(body))
        var handle = pthread_t()
        let code = unsafe pthread_create(
            &handle, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, work.toOpaque())
        if code == 0 { return handle }
        unsafe work.release()
        return nil
    }
}
