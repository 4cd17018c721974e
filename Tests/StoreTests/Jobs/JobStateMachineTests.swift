import TestSupport
import Testing

@testable import Store

struct JobStateMachineTests {
    private static let start = Timestamp(milliseconds: 1_000_000)
    private static let lease = JobLease(
        jobID: "job", id: "lease-1", owner: "worker", expiresAt: start.adding(milliseconds: 60_000))
    private static let retryable = JobError(code: "busy", detail: "Busy.", isRetryable: true)
    private static let fatal = JobError(code: "broken", detail: "Broken.", isRetryable: false)

    private static func apply(
        _ events: [JobEvent], to state: JobState = JobState(maxAttempts: 3), at now: Timestamp = start, seed: UInt64 = 1
    ) throws(JobRefusal) -> JobState {
        var generator = SeededGenerator(seed: seed)
        var state = state
        for event in events {
            state = try state.applying(event, at: now, backoff: JobBackoff(), using: &generator)
        }
        return state
    }

    /// A job in each status, reached by events.
    private static func sample(_ status: JobStatus) throws -> JobState {
        let id = lease.id
        return switch status {
        case .queued: try apply([])
        case .running: try apply([.leased(lease)])
        case .retrying: try apply([.leased(lease), .failed(leaseID: id, retryable)])
        case .cancelling: try apply([.leased(lease), .cancelRequested])
        case .completed: try apply([.leased(lease), .succeeded(leaseID: id, result: "{}")])
        case .failed: try apply([.leased(lease), .failed(leaseID: id, fatal)])
        case .cancelled: try apply([.cancelRequested])
        }
    }

    private static let id = lease.id
    private static let events: [(String, JobEvent)] = [
        ("leased", .leased(lease)),
        ("heartbeat", .heartbeat(leaseID: id, expiresAt: start.adding(milliseconds: 90_000))),
        ("progress", .progress(leaseID: id, JobProgress(percent: 10))),
        ("succeeded", .succeeded(leaseID: id, result: "{\"a\":1}")),
        ("failed, retryable", .failed(leaseID: id, retryable)),
        ("failed, fatal", .failed(leaseID: id, fatal)),
        ("cancelled", .cancelled(leaseID: id)),
        ("released", .released(leaseID: id)),
        ("leaseExpired", .leaseExpired),
        ("ownerDied", .ownerDied),
        ("cancelRequested", .cancelRequested),
        ("retryDue", .retryDue),
    ]

    /// What each event makes of a job in each status, an hour later, with tries left.
    /// `-`: not allowed; `lost`: the reporter holds no lease.
    private static let table = """
        event             | queued    | running    | retrying  | cancelling | completed | failed | cancelled
        leased            | running   | -          | -         | -          | -         | -      | -
        heartbeat         | lost      | running    | lost      | cancelling | lost      | lost   | lost
        progress          | lost      | running    | lost      | cancelling | lost      | lost   | lost
        succeeded         | lost      | completed  | lost      | cancelled  | lost      | lost   | lost
        failed, retryable | lost      | retrying   | lost      | cancelled  | lost      | lost   | lost
        failed, fatal     | lost      | failed     | lost      | cancelled  | lost      | lost   | lost
        cancelled         | lost      | -          | lost      | cancelled  | lost      | lost   | lost
        released          | lost      | queued     | lost      | cancelled  | lost      | lost   | lost
        leaseExpired      | -         | queued     | -         | cancelled  | -         | -      | -
        ownerDied         | -         | queued     | -         | cancelled  | -         | -      | -
        cancelRequested   | cancelled | cancelling | cancelled | cancelling | -         | -      | -
        retryDue          | -         | -          | queued    | -          | -         | -      | -
        """

    @Test func everyEventInEveryStatus() throws {
        let lines = Self.table.split(separator: "\n").map { line in
            line.split(separator: "|").map { $0.trimmingSpaces() }
        }
        let statuses = lines[0].dropFirst()
        #expect(Set(statuses) == Set(JobStatus.allCases.map(\.rawValue)))
        #expect(lines.dropFirst().map { $0[0] } == Self.events.map(\.0))
        let later = Self.start.adding(milliseconds: 3_600_000)
        for (line, (name, event)) in zip(lines.dropFirst(), Self.events) {
            for (status, expected) in zip(statuses, line.dropFirst()) {
                let before = try Self.sample(try #require(JobStatus(rawValue: status)))
                #expect(before.status.rawValue == status)
                #expect(before.brokenInvariants() == [])
                let found: String
                do throws(JobRefusal) {
                    let after = try Self.apply([event], to: before, at: later)
                    #expect(after.brokenInvariants() == [], "\(name) in \(status)")
                    found = after.status.rawValue
                } catch .leaseLost {
                    found = "lost"
                } catch {
                    #expect(error == .notAllowed(event: event.name, status: before.status))
                    found = "-"
                }
                #expect(found == expected, "\(name) in \(status)")
            }
        }
    }

    @Test func aReportUnderAnotherLeaseIsRefusedInEveryStatus() throws {
        let other = "lease-2"
        let reports: [JobEvent] = [
            .heartbeat(leaseID: other, expiresAt: Self.start), .progress(leaseID: other, JobProgress()),
            .succeeded(leaseID: other, result: "{}"), .failed(leaseID: other, Self.fatal), .cancelled(leaseID: other),
            .released(leaseID: other),
        ]
        for status in JobStatus.allCases {
            for report in reports {
                let state = try Self.sample(status)
                #expect(throws: JobRefusal.leaseLost) { try Self.apply([report], to: state) }
            }
        }
    }

    // MARK: - What is stored

    @Test func aNewTryStartsAtZeroWithoutTheOldError() throws {
        let retrying = try Self.apply([
            .leased(Self.lease), .progress(leaseID: Self.id, JobProgress(percent: 70, stage: "embedding")),
            .failed(leaseID: Self.id, Self.retryable),
        ])
        #expect(retrying.error == Self.retryable)
        #expect(retrying.progress.percent == 70)
        #expect(retrying.finishedAt == nil)
        let later = Self.start.adding(milliseconds: 6_000)
        let again = try Self.apply([.retryDue, .leased(Self.lease)], to: retrying, at: later)
        #expect(again.attempts == 2)
        #expect(again.progress == JobProgress())
        #expect(again.error == nil)
        #expect(again.startedAt == later)
    }

    @Test func percentNeverFallsWithinATry() throws {
        let running = try Self.apply([
            .leased(Self.lease),
            .progress(leaseID: Self.id, JobProgress(percent: 40, done: 4, total: 10, stage: "a")),
            .progress(leaseID: Self.id, JobProgress(percent: 15, done: 5, total: 33, stage: "b")),
        ])
        #expect(running.progress == JobProgress(percent: 40, done: 5, total: 33, stage: "b"))
    }

    @Test func completionFillsThePercentAndKeepsTheCounts() throws {
        let completed = try Self.apply([
            .leased(Self.lease), .progress(leaseID: Self.id, JobProgress(done: 4, total: 10, stage: "a")),
            .succeeded(leaseID: Self.id, result: "{\"pages\":3}"),
        ])
        #expect(completed.progress == JobProgress(percent: 100, done: 4, total: 10, stage: "a"))
        #expect(completed.result == "{\"pages\":3}")
        #expect(completed.finishedAt == Self.start)
    }

    @Test func theThirdFailureIsTheLast() throws {
        var state = JobState(maxAttempts: 3)
        var now = Self.start
        for attempt in 1...3 {
            let events: [JobEvent] = [.leased(Self.lease), .failed(leaseID: Self.id, Self.retryable)]
            state = try Self.apply(events, to: state, at: now)
            #expect(state.attempts == attempt)
            guard attempt < 3 else { break }
            #expect(state.status == .retrying)
            let due = try #require(state.nextAttemptAt)
            let pause = due.milliseconds(since: now)
            let plain: Int64 = attempt == 1 ? 5_000 : 10_000
            #expect((plain * 4 / 5...plain * 6 / 5).contains(pause))
            #expect(throws: JobRefusal.notDue(until: due)) {
                try Self.apply([.retryDue], to: state, at: due.adding(milliseconds: -1))
            }
            now = due
            state = try Self.apply([.retryDue], to: state, at: now)
        }
        #expect(state.status == .failed)
        #expect(state.error == Self.retryable)
        #expect(state.finishedAt == now)
    }

    @Test func aJobThatHangsEndsAmongTheFailed() throws {
        var state = JobState(maxAttempts: 3)
        let end = Self.lease.expiresAt
        for _ in 1...2 {
            state = try Self.apply([.leased(Self.lease), .leaseExpired], to: state, at: end)
            #expect(state.status == .queued)
            #expect(state.error == .leaseLost)
        }
        state = try Self.apply([.leased(Self.lease), .leaseExpired], to: state, at: end)
        #expect(state.status == .failed)
        #expect(state.error?.code == "lease_lost")
        #expect(state.attempts == 3)
    }

    /// Found by killing the server sixty times during one ingest: a document that was hit three times was given up.
    @Test func aTryThatDiedWithItsProcessDoesNotCount() throws {
        var state = JobState(maxAttempts: 3)
        for _ in 1...60 {
            state = try Self.apply([.leased(Self.lease), .ownerDied], to: state)
            #expect(state.status == .queued)
            #expect(state.attempts == 0)
        }
    }

    @Test func aReleasedTryDoesNotCount() throws {
        var state = JobState(maxAttempts: 1)
        for _ in 1...20 {
            state = try Self.apply([.leased(Self.lease), .released(leaseID: Self.id)], to: state)
            #expect(state.status == .queued)
            #expect(state.attempts == 0)
        }
    }

    @Test func aLeaseIsHeldUntilItRunsOut() throws {
        let running = try Self.sample(.running)
        let end = Self.lease.expiresAt
        #expect(throws: JobRefusal.leaseHeld(until: end)) {
            try Self.apply([.leaseExpired], to: running, at: end.adding(milliseconds: -1))
        }
        #expect(try Self.apply([.leaseExpired], to: running, at: end).status == .queued)
        let prolonged = end.adding(milliseconds: 10_000)
        let alive = try Self.apply([.heartbeat(leaseID: Self.id, expiresAt: prolonged)], to: running)
        #expect(throws: JobRefusal.leaseHeld(until: prolonged)) { try Self.apply([.leaseExpired], to: alive, at: end) }
        // The owner's death needs no waiting.
        #expect(try Self.apply([.ownerDied], to: alive, at: Self.start).status == .queued)
    }

    @Test func aHeartbeatNeverShortensTheLease() throws {
        let back = Self.start.adding(milliseconds: -100_000)
        let running = try Self.apply([.leased(Self.lease), .heartbeat(leaseID: Self.id, expiresAt: back)])
        #expect(running.lease?.expiresAt == Self.lease.expiresAt)
    }

    @Test func whatAHandlerReportsTooLateIsKeptBesideTheCancel() throws {
        let cancelling = try Self.sample(.cancelling)
        let done = try Self.apply([.succeeded(leaseID: Self.id, result: "{\"rows\":5}")], to: cancelling)
        #expect(done.status == .cancelled)
        #expect(done.result == "{\"rows\":5}")
        #expect(done.progress.percent == 0)
        let failed = try Self.apply([.failed(leaseID: Self.id, Self.fatal)], to: cancelling)
        #expect(failed.status == .cancelled)
        #expect(failed.error == Self.fatal)
        #expect(failed.finishedAt == Self.start)
    }

    @Test func askingToCancelTwiceChangesNothing() throws {
        let cancelling = try Self.sample(.cancelling)
        #expect(try Self.apply([.cancelRequested], to: cancelling) == cancelling)
    }

    // MARK: - Random orders

    /// A second, plain telling of the rules over numbers and words.
    private struct Model {
        var status = "queued"
        var attempts = 0
        let limit: Int
        var percent = 0
        var lease: String?
        var leaseEnd: Int64 = 0

        enum Answer: Equatable { case changed, lost, refused }

        mutating func take(_ event: JobEvent, now: Int64, retryAt: Int64?) -> Answer {
            switch event {
            case .leased(let new):
                guard status == "queued" else { return .refused }
                (status, attempts, percent) = ("running", attempts + 1, 0)
                (lease, leaseEnd) = (new.id, new.expiresAt.milliseconds)
            case .heartbeat(let id, let end):
                guard id == lease else { return .lost }
                leaseEnd = max(leaseEnd, end.milliseconds)
            case .progress(let id, let report):
                guard id == lease else { return .lost }
                percent = max(percent, report.percent)
            case .succeeded(let id, _):
                guard id == lease else { return .lost }
                if status == "running" { percent = 100 }
                finish(status == "running" ? "completed" : "cancelled")
            case .failed(let id, let error):
                guard id == lease else { return .lost }
                if status == "cancelling" {
                    finish("cancelled")
                } else if error.isRetryable && attempts < limit {
                    finish("retrying")
                } else {
                    finish("failed")
                }
            case .cancelled(let id):
                guard id == lease else { return .lost }
                guard status == "cancelling" else { return .refused }
                finish("cancelled")
            case .released(let id):
                guard id == lease else { return .lost }
                if status == "running" { attempts -= 1 }
                finish(status == "running" ? "queued" : "cancelled")
            case .ownerDied:
                guard lease != nil else { return .refused }
                if status == "running" { attempts -= 1 }
                finish(status == "running" ? "queued" : "cancelled")
            case .leaseExpired:
                guard lease != nil else { return .refused }
                if leaseEnd > now { return .refused }
                finish(status == "cancelling" ? "cancelled" : attempts < limit ? "queued" : "failed")
            case .cancelRequested:
                switch status {
                case "queued", "retrying": finish("cancelled")
                case "running", "cancelling": status = "cancelling"
                default: return .refused
                }
            case .retryDue:
                guard status == "retrying", let retryAt, retryAt <= now else { return .refused }
                finish("queued")
            }
            return .changed
        }

        private mutating func finish(_ end: String) {
            (status, lease) = (end, nil)
        }
    }

    @Test func randomSequencesMatchAPlainModel() throws {
        var statusesSeen: Set<JobStatus> = []
        for seed in UInt64(1)...3_000 {
            var generator = SeededGenerator(seed: seed)
            let limit = Int.random(in: 1...4, using: &generator)
            var state = JobState(maxAttempts: limit)
            var model = Model(limit: limit)
            var now = Self.start
            for step in 0..<40 {
                now = now.adding(milliseconds: Int64.random(in: -2_000...30_000, using: &generator))
                let event = Self.randomEvent(now: now, using: &generator)
                let expected = model.take(
                    event, now: now.milliseconds, retryAt: state.nextAttemptAt?.milliseconds)
                let answer: Model.Answer
                do throws(JobRefusal) {
                    let next = try state.applying(event, at: now, backoff: JobBackoff(), using: &generator)
                    answer = .changed
                    if next.attempts == state.attempts && state.status.isHeld {
                        #expect(next.progress.percent >= state.progress.percent)
                    }
                    state = next
                } catch {
                    answer = error == .leaseLost ? .lost : .refused
                }
                let place = "seed \(seed), step \(step), \(event)"
                guard
                    answer == expected, state.status.rawValue == model.status, state.attempts == model.attempts,
                    state.progress.percent == model.percent, state.lease?.id == model.lease,
                    model.lease == nil || state.lease?.expiresAt.milliseconds == model.leaseEnd,
                    state.brokenInvariants() == []
                else {
                    Issue.record("\(place): \(state) against \(model), \(answer), expected \(expected)")
                    return
                }
                statusesSeen.insert(state.status)
            }
        }
        #expect(statusesSeen == Set(JobStatus.allCases))
    }

    private static func randomEvent(now: Timestamp, using generator: inout SeededGenerator) -> JobEvent {
        // Three leases, so that about a third of the reports come from the holder.
        let id = "lease-\(Int.random(in: 1...3, using: &generator))"
        let end = now.adding(milliseconds: Int64.random(in: 0...60_000, using: &generator))
        let error = Bool.random(using: &generator) ? retryable : fatal
        return switch Int.random(in: 0..<20, using: &generator) {
        case 0...4: .leased(JobLease(jobID: "job", id: id, owner: "w", expiresAt: end))
        case 5, 6: .heartbeat(leaseID: id, expiresAt: end)
        case 7, 8: .progress(leaseID: id, JobProgress(percent: Int.random(in: 0...100, using: &generator)))
        case 9: .succeeded(leaseID: id, result: "{}")
        case 10, 11: .failed(leaseID: id, error)
        case 12: .cancelled(leaseID: id)
        case 13: .released(leaseID: id)
        case 14: .leaseExpired
        case 15: .ownerDied
        case 16: .cancelRequested
        default: .retryDue
        }
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
