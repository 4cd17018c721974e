import Foundation
import Synchronization

/// Runs `body` on as many threads at once and returns what they gave.
func onThreads<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable () -> Result) -> [Result] {
    let results = Results<Result>()
    let done = DispatchGroup()
    for _ in 0..<count {
        done.enter()
        Thread {
            results.append(body())
            done.leave()
        }.start()
    }
    done.wait()
    return results.all
}

private final class Results<Result: Sendable>: Sendable {
    private let values = Mutex<[Result]>([])

    func append(_ value: Result) { values.withLock { $0.append(value) } }

    var all: [Result] { values.withLock { $0 } }
}
