import Backlog
import Featurization
import HTTP1
import HTTPTypes
import Jobs
import Scheduling

/// `/jobs`: work that goes on when its client has gone, and when the server ends and comes again.
struct JobsEndpoint: Sendable {
  let jobs: JobService
  let limits: UploadLimits
  /// What counts an open stream or a long wait against its client's quota.
  let hold: @Sendable (RequestContext) throws(Problem) -> Charge?

  /// The longest time that a client may ask to wait, in seconds: less than proxies wait.
  static let longestWait = 55

  var runners: Int { jobs.services.fields.queue.limits.runners }

  /// `GET /jobs`: the client's jobs, the newest first.
  func list(_ context: RequestContext) throws(Problem) -> Answering {
    let options = try OwnOptions(
      limits.options(of: context.head), among: ["state", "batch", "name", "limit", "after"])
    let limit = try options.number("limit", 100, in: 1...JobQuery.largestLimit)
    let after = try options.value("after", "the `next` of the page before") {
      Int(digits: $0).map(JobQuery.Cursor.init)
    }
    let states = JobState.allCases.map(\.word).joined(separator: ", ")
    let state = try options.value("state", "one of \(states)") { JobState(word: $0) }
    let batch = try options.value("batch", "the id of a batch") { BatchID($0) }
    var query = JobQuery(scope: context.jobScope, after: after, limit: limit)
    query.name = options["name"]
    if let state { query.states = [state] }
    if let batch { query.order = .members(of: batch) }
    return .work { [query] _ in
      let page = try await jobs.list(query)
      let found = JobPageListing(
        jobs: page.jobs.map { listing($0) }, next: page.next.map { "\($0.position)" })
      var fields: HTTPFields = [.contentType: "application/json"]
      if let next = found.next {
        let others = (context.head.target.query ?? "").split(separator: "&")
          .filter { !$0.hasPrefix("after=") }.map { "\($0)&" }.joined()
        fields[.link] = "</jobs?\(others)after=\(next)>; rel=\"next\""
      }
      return Response(status: .ok, fields: fields, body: .bytes(json(found)))
    }
  }

  /// `GET /jobs/{job}`: how far a job is; with `wait` when it has ended, or has another version than
  /// the client's.
  func get(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.job
    let wait = try wait(context)
    let tags = context.head.fields[.ifNoneMatch].map(EntityTags.init)
    return .work { _ in
      let held = wait > 0 ? try hold(context) : nil
      let scope = context.jobScope
      let found = try await jobs.look(at: .job(id), ticks: wait) {
        try await jobs.report(id, for: scope)
      } until: { report in
        guard let job = report?.job else { return true }
        return tags.map { !$0.names(job.tag) } ?? job.state.isEnded
      }
      withExtendedLifetime(held) {}
      guard let found else { throw Problem.noSuchJob }
      guard tags?.names(found.job.tag) != true else {
        return Response(status: .notModified, fields: [.eTag: found.job.tag.text])
      }
      return document(found, .ok)
    }
  }

  /// Seconds for which the end of what runs is waited for that is to be forgotten.
  static let patience = 5

  /// Whether what is cancelled is to be forgotten too.
  func forgets(_ context: RequestContext) throws(Problem) -> Bool {
    let text = try OwnOptions(limits.options(of: context.head), among: ["forget"])["forget"]
    guard let text, text != "false" else { return false }
    guard ["", "true"].contains(text) else {
      throw Problem(400, "invalid-parameter", "Invalid parameter", "forget is true or false")
    }
    return true
  }

  /// `DELETE /jobs/{job}`: cancels a job that has not ended, and forgets one that has; with `forget`
  /// both.
  func delete(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.job
    let forgets = try forgets(context)
    return .work { _ in
      let scope = context.jobScope
      guard let forgetting = try await jobs.forget(id, for: scope) else {
        throw Problem.noSuchJob
      }
      guard forgetting != .forgotten else { return Response(status: .noContent) }
      _ = try await jobs.cancel(id, for: scope)
      let found = try await jobs.look(at: .job(id), ticks: forgets ? JobsEndpoint.patience : 0) {
        try await jobs.report(id, for: scope)
      } until: {
        $0?.job.state.isEnded ?? true
      }
      if forgets, try await jobs.forget(id, for: scope) == .forgotten {
        return Response(status: .noContent)
      }
      guard let report = found else { throw Problem.noSuchJob }
      return document(report, report.job.state.isEnded ? .ok : .accepted)
    }
  }

  /// `GET /jobs/{job}/events`: the job's document whenever it changes.
  func events(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.job
    let seen = context.head.fields[.lastEventID].flatMap { Int(digits: $0) }
    return .work { _ in
      let held = context.head.method == .head ? nil : try hold(context)
      let scope = context.jobScope
      let stream = EventStream(
        kind: "job", watch: jobs.watch, subject: .job(id),
        look: { try await jobs.report(id, for: scope) },
        state: { [runners] report in
          EventState(
            version: report.job.version, line: jsonLine(JobListing(report, runners: runners)),
            isEnded: report.job.state.isEnded)
        })
      guard let first = try await jobs.report(id, for: scope) else { throw Problem.noSuchJob }
      return stream.response(to: first, seen: seen, holding: held)
    }
  }

  /// `GET /jobs/{job}/result`: where the answer is, or why there is none.
  func result(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.job
    let wait = try wait(context)
    return .work { _ in
      let held = wait > 0 ? try hold(context) : nil
      let scope = context.jobScope
      let found = try await jobs.look(at: .job(id), ticks: wait) {
        try await jobs.report(id, for: scope)
      } until: {
        $0?.job.state.isEnded ?? true
      }
      withExtendedLifetime(held) {}
      guard let found else { throw Problem.noSuchJob }
      guard let answer = found.job.answer else {
        var problem = Problem(of: found.job)
        if !found.job.state.isEnded { problem.retryAfter = retryAfter(found) }
        throw problem
      }
      guard !answer.path.hasPrefix("/fields/") else {
        return Response(status: .seeOther, fields: [.location: answer.path])
      }
      return try await kept(answer, of: found.job, context)
    }
  }

  /// An answer that no field's path gives.
  private func kept(
    _ name: JobAnswer, of job: JobDocument, _ context: RequestContext
  ) async throws -> Response {
    let answer = try await jobs.services.answers.answerOfAnyone(
      named: name.name, for: context.owner)
    guard let answer else {
      if jobs.mayBeOnItsWay(job) { throw FeaturizationError.sharedStoreAway }
      throw Problem(
        410, "result-gone", "The result is not kept any more",
        "The result was damaged or removed; submit the job again")
    }
    return try await answer.response(Representation(answer), to: context.head)
  }

  func wait(_ context: RequestContext) throws(Problem) -> Int {
    try OwnOptions(limits.options(of: context.head), among: ["wait"])
      .number("wait", 0, in: 0...JobsEndpoint.longestWait)
  }

  // MARK: Documents

  /// A job of a page of many, of which only the running have more to tell.
  func listing(_ job: JobDocument) -> JobListing {
    JobListing(
      JobService.Report(job: job, ahead: nil, progress: jobs.feeder.progress(of: job.id)),
      runners: runners)
  }

  func document(_ report: JobService.Report, _ status: HTTPResponse.Status) -> Response {
    Response(
      status: status,
      fields: [
        .contentType: "application/json", .cacheControl: "no-cache",
        .eTag: report.job.tag.text,
      ],
      body: .bytes(json(JobListing(report, runners: runners))))
  }

  /// Seconds after which a client asks again: when the job is predicted to end, but not rarely.
  func retryAfter(_ report: JobService.Report) -> Int {
    let seconds = JobListing(report, runners: runners).endsIn ?? 1
    return Int(min(max(seconds.rounded(.up), 1), 30))
  }
}

/// A page of `GET /jobs`.
struct JobPageListing: Encodable {
  let jobs: [JobListing]
  /// What `after` is for the next page.
  let next: String?
}

extension JobDocument {
  /// Weak, since progress changes without it.
  var tag: EntityTag { EntityTag(weak: "\(id).\(version)") }
}

extension EntityTags {
  /// Whether a tag is among them, or any is.
  ///
  /// Source: RFC 9110 §13.1.2, weak comparison.
  func names(_ tag: EntityTag) -> Bool {
    switch self {
    case .any: true
    case .listed(let tags): tags.contains { $0.isWeakly(tag) }
    }
  }
}

extension RequestContext {
  /// The job in the path.
  var job: JobID {
    get throws(Problem) {
      guard case .job(let id)? = pathName else { throw Problem.notFound }
      return id
    }
  }

  /// The batch in the path.
  var batch: BatchID {
    get throws(Problem) {
      guard case .batch(let id)? = pathName else { throw Problem.notFound }
      return id
    }
  }

  var jobOwner: JobOwner { JobOwner(client: client.name) }

  /// What the client sees of all jobs: its own, and an operator everybody's.
  var jobScope: JobScope { isOperator ? .all : .owned(jobOwner) }
}
