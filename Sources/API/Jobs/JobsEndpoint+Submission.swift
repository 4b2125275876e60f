import Backlog
import Featurization
import Files
import HTTP1
import HTTPTypes
import Jobs

/// Requests that become jobs, for clients who would rather not wait.
extension JobsEndpoint {
  /// Whether a client would rather not wait for an answer.
  static func isWanted(by context: RequestContext) -> Bool {
    Preferences(context.head.fields).respondsAsynchronously
  }

  /// A job that was taken, and what it will make.
  struct Taken: Sendable {
    let report: JobService.Report
    let wanted: JobService.Wanted
    let isReplayed: Bool
  }

  /// Takes a request as a job: the image is kept, then the job, and only then is the client told.
  func take(
    _ target: JobRequest.Target, _ upload: Upload, _ options: [Upload.Option],
    _ context: RequestContext
  ) async throws -> Taken {
    let cancelAfter = try context.cancelAfter
    let image: Digest
    switch upload.image {
    case .bytes(let bytes):
      image = try await jobs.services.images.keepForGood(bytes, from: context.client.name)
    case .kept(let digest): image = digest
    }
    let request = JobRequest(target, options)
    let parsed = try await ParsedJob(request, by: jobs.services)
    let wanted = try await jobs.order(request, parsed, of: image)
    let (report, isReplayed) = try await submit(
      wanted.order, context, key: [image.description, request.json], cancelAfter: cancelAfter)
    return Taken(report: report, wanted: wanted, isReplayed: isReplayed)
  }

  /// Takes clusters of several fields as a job.
  func take(
    _ clustering: ClusteringJob, _ context: RequestContext
  ) async throws -> (report: JobService.Report, isReplayed: Bool) {
    let cancelAfter = try context.cancelAfter
    return try await submit(
      try await jobs.order(clustering), context, key: [clustering.request.json],
      cancelAfter: cancelAfter)
  }

  private func submit(
    _ order: JobOrder, _ context: RequestContext, key parts: [String], cancelAfter: Double?
  ) async throws -> (report: JobService.Report, isReplayed: Bool) {
    var submission = Submission(
      owner: context.jobOwner, jobClass: .interactive, jobs: [order], cancelAfter: cancelAfter)
    submission.trace = context.trace?.field
    submission.key = context.idempotencyKey(of: parts)
    let receipt = try await jobs.submit(submission)
    guard case .job(let job) = receipt.content else { throw BacklogError.keyReused }
    guard let report = try await jobs.report(job.id, for: context.jobScope) else {
      throw Problem.noSuchJob
    }
    return (report, receipt.isReplayed)
  }

  /// Waits until a job has ended, for as long as its client prefers to.
  func hoped(
    _ report: JobService.Report, _ context: RequestContext
  ) async throws -> JobService.Report {
    let seconds = min(Preferences(context.head.fields).wait ?? 0, JobsEndpoint.longestWait)
    guard seconds > 0 else { return report }
    let (id, scope) = (report.job.id, context.jobScope)
    let held = try hold(context)
    let found = try await jobs.look(at: .job(id), ticks: seconds) {
      try await jobs.report(id, for: scope)
    } until: {
      $0?.job.state.isEnded ?? true
    }
    withExtendedLifetime(held) {}
    guard let found else { throw Problem.noSuchJob }
    // What failed meanwhile is answered as to a client who waits.
    if found.job.state.isEnded, found.job.answer == nil { throw Problem(of: found.job) }
    return found
  }

  /// The answer that a job was taken.
  func accepted(_ report: JobService.Report, isReplayed: Bool, _ body: [UInt8]? = nil) -> Response {
    let path = "/jobs/\(report.job.id)"
    var fields: HTTPFields = [
      .contentType: "application/json", .location: path,
      .link: "<\(path)/result>; rel=\"result\"", .preferenceApplied: Preferences.respondAsync,
      .retryAfter: "\(retryAfter(report))",
    ]
    if report.job.order.image != nil { fields[.field] = report.job.order.work.description }
    if isReplayed { fields[.idempotentReplayed] = "true" }
    return Response(
      status: .accepted, fields: fields,
      body: .bytes(body ?? json(JobListing(report, runners: runners))))
  }

  /// Returns when a job has ended; a job whose task is cancelled meanwhile is cancelled too.
  ///
  /// Throws what it failed of.
  func end(of id: JobID, for scope: JobScope) async throws {
    let found = try await jobs.look(at: .job(id), ticks: .max) {
      try await jobs.report(id, for: scope)
    } until: {
      $0?.job.state.isEnded ?? true
    }
    guard let job = found?.job else { throw Problem.noSuchJob }
    if !job.state.isEnded {
      if Task.isCancelled { _ = try await jobs.cancel(id, for: scope) }
      throw CancellationError()
    }
    if job.answer == nil { throw Problem(of: job) }
  }
}

extension RequestContext {
  /// The client's key for a submission of these parts; `nil` where it sent none.
  func idempotencyKey(of parts: [String]) -> Submission.Key? {
    head.fields[.idempotencyKey].map { text in
      Submission.Key(
        String(text.prefix(256)),
        print: SHA256.digest(of: Array(parts.joined(separator: "\n").utf8)))
    }
  }
}
