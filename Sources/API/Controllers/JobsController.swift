import Assist
import CRM
import Hummingbird
import Store

/// `/jobs`: background work and how far it has come.
struct JobsController: Controller {
    let queue: JobQueue
    let intake: DocumentIntake

    func addRoutes(to routes: Routes) {
        routes.get("/jobs/{job_id}", access: .staff) { _, context in
            .json(JobView(try await visible(context)))
        }
        routes.post("/jobs/{job_id}/cancel", access: .staff) { _, context in
            let job = try await visible(context)
            let cancelled = try await queue.cancel(job.id, now: .now())
            if cancelled.status == .cancelled, cancelled.subject?.kind == .document, let id = cancelled.subject?.id {
                try await intake.settle(id)
            }
            return .json(JobView(cancelled), status: .accepted)
        }
    }

    /// Managers and admins see every job, agents their own.
    private func visible(_ context: APIContext) async throws -> Job {
        let caller = try context.caller
        guard let job = try await queue.job(try context.pathID("job_id")),
            caller.role != .agent || job.createdBy == caller.userID
        else { throw Problem.notFound }
        return job
    }
}
