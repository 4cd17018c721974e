import CRM
import Foundation
import Store

/// A job as the contract's `Job`.
struct JobView: JSONWritable {
    let job: Job

    init(_ job: Job) {
        self.job = job
    }

    static func path(_ id: String) -> String { "/api/v1/jobs/\(id)" }

    func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("id", job.id)
            members.member("kind", job.kind)
            members.member("status", job.status)
            members.member("queue", job.queue)
            members.member("priority", job.priority)
            members.object("progress") { progress in
                progress.member("percent", job.progress.percent)
                progress.member("done", job.progress.done)
                progress.member("total", job.progress.total)
                progress.member("stage", job.progress.stage)
            }
            members.member(
                "subject",
                job.subject.map { subject in
                    JSONDocument { members in
                        members.member("type", subject.kind)
                        members.member("id", subject.id)
                    }
                })
            members.member("attempts", job.attempts)
            members.member("max_attempts", job.maxAttempts)
            members.member("next_attempt_at", job.status == .retrying ? job.nextAttemptAt : nil)
            members.member(
                "error",
                job.error.map { error in
                    JSONDocument { members in
                        members.member("code", error.code)
                        members.member("detail", error.detail)
                        members.member("retryable", error.isRetryable)
                    }
                })
            members.member("created_by", job.createdBy)
            members.member("created_at", job.createdAt)
            members.member("started_at", job.startedAt)
            members.member("finished_at", job.finishedAt)
            members.member("result", job.result.flatMap { try? JSONParser.parse(Array($0.utf8)) })
        }
    }
}
