package import Backlog
package import Featurization
package import Files
package import Scheduling
import Synchronization

/// Durable jobs for the HTTP API: submits them, tells how far they are, and waits for them.
package final class JobService: Sendable {
  package let services: Services
  package let watch = JobWatch()
  package let feeder: JobFeeder
  /// Most jobs of one batch.
  package let batchJobs: Int
  private let backlog: any JobBacklog
  private let pins: JobPins
  private let place: JobPlace
  /// What a store must have to be that of this backlog's servers.
  private let mark: [UInt8]?
  private let calls: BacklogCalls
  private let lost = Atomic(0)

  /// `describe` makes a problem document of an error, and says whether it may pass.
  package init(
    _ backlog: any JobBacklog, _ services: Services, batchJobs: Int,
    at place: JobPlace = .here, as worker: String = "server", mark: [UInt8]? = nil,
    describe: @escaping @Sendable (any Error) -> JobFailure
  ) {
    self.backlog = backlog
    self.services = services
    self.batchJobs = batchJobs
    (self.place, self.mark) = (place, mark)
    calls = BacklogCalls(backlog)
    pins = JobPins(calls, services)
    feeder = JobFeeder(calls, services, pins, at: place, as: worker, describe: describe)
  }

  /// Runs jobs and wakes those who wait, until the task is cancelled or `drain` was called and all
  /// work has ended.
  package func run() async {
    try? await pins.all()
    // Before anything is claimed: no hint is missed.
    let hints = backlog.hints()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [watch, feeder] in
        for await hint in hints {
          watch.wake(hint)
          feeder.take(hint)
        }
      }
      group.addTask { [watch] in
        while (try? await Task.sleep(for: JobWatch.tick)) != nil { watch.wakeAll(.tick) }
      }
      group.addTask { await self.sweep() }
      group.addTask { await self.markStore() }
      await feeder.run()
      group.cancelAll()
    }
  }

  /// Begins no more work, and lets what runs end or gives it back after a time; ends all streams.
  package func drain(within grace: Duration) async {
    watch.wakeAll(.drain)
    await feeder.drain(within: grace)
  }

  /// Marks the shared store as that of this backlog, as soon as it answers.
  private func markStore() async {
    guard let mark, let shared = services.shared else { return }
    while (try? await shared.publish(mark)) == nil {
      guard (try? await Task.sleep(for: .seconds(5))) != nil else { return }
    }
  }

  /// Looks every few seconds for what is dead, expired or old.
  private func sweep() async {
    while (try? await Task.sleep(for: .seconds(10))) != nil {
      guard
        let swept = try? await calls.run({ backlog throws(BacklogError) in
          try backlog.sweep()
        })
      else { continue }
      lost.add(swept.requeued + swept.failed + swept.cancelled, ordering: .relaxed)
      if swept.deleted > 0 { try? await pins.all() }
    }
  }
}

// MARK: Submission

extension JobService {
  /// What is known of a job that is to be submitted.
  package struct Wanted: Sendable {
    package let order: JobOrder
    package let record: FieldRecord
    package let plan: Plan

    package init(order: JobOrder, record: FieldRecord, plan: Plan) {
      (self.order, self.record, self.plan) = (order, record, plan)
    }
  }

  /// Predicts what a request about a kept image takes; a refusal comes here, not later.
  ///
  /// Throws `FeaturizationError`, also where the image would not outlive the process, and
  /// `ParameterError`.
  package func order(
    _ request: JobRequest, _ parsed: ParsedJob, of image: Digest, name: String? = nil
  ) async throws -> Wanted {
    guard try await services.images.isKeptForGood(image) else {
      throw FeaturizationError.noSuchImage(image)
    }
    let (record, plan) = try await services.fields.prediction(of: image, parsed.field)
    _ = try parsed.request(of: record, by: services)
    let order = JobOrder(
      image: image, request: request.json,
      weights: place.demand(services.weightsName(parsed.field.model)), work: record.name,
      seconds: plan.seconds, bytes: plan.bytes, name: name)
    return Wanted(order: order, record: record, plan: plan)
  }

  /// What clusters of several fields are entered as, whose fields are where a worker finds them.
  ///
  /// Throws `FeaturizationError.sharedStoreAway`.
  package func order(_ clustering: ClusteringJob) async throws -> JobOrder {
    if services.shared != nil { try await clustering.publish() }
    return clustering.order(at: place)
  }

  /// Takes jobs whose images are kept; when this returns they outlive the process.
  ///
  /// Throws `BacklogError`, and `FeaturizationError.noRoom` where jobs have too much kept already.
  package func submit(_ submission: Submission) async throws -> Receipt {
    guard let room = services.roomForJobs, room > 0 else {
      throw FeaturizationError.noRoom(bytes: 0)
    }
    let images = Set(submission.jobs.compactMap(\.image))
    services.pin(images: images)
    let fields = Set(
      submission.jobs.filter { $0.image == nil }.flatMap {
        JobRequest(json: $0.request)?.fields ?? []
      }
    )
    await pins.pin(fields: fields)
    do {
      // Before the jobs: who claims one finds what it needs.
      try await services.images.publish(images)
      try await publishClassifiers(of: submission)
      let receipt = try await calls.run { backlog throws(BacklogError) in
        try backlog.enqueue(submission)
      }
      // Another job that ended meanwhile may have let them go.
      if services.shared == nil {
        services.pin(images: images)
        await pins.pin(fields: fields)
      } else {
        services.unpin(images: images)
      }
      return receipt
    } catch {
      if fields.isEmpty { await pins.letGo(images) } else { try? await pins.all() }
      throw error
    }
  }

  /// Gives the classifiers that jobs ask for to the machines that share.
  private func publishClassifiers(of submission: Submission) async throws {
    guard services.shared != nil else { return }
    for request in Set(submission.jobs.map(\.request)) {
      for id in JobRequest(json: request)?.classifiers ?? [] {
        try await services.classifiers.publish(id)
      }
    }
  }

  /// Cancels what clients have waiting whose tokens were removed.
  package func cancelWaiting(of clients: Set<String>) async {
    for client in clients {
      _ = try? await calls.run { backlog throws(BacklogError) in
        try backlog.cancelWaiting(of: JobOwner(client: client))
      }
    }
  }

  /// Whether jobs can be taken: the file of jobs is sound.
  package var isSound: Bool { calls.isSound }

  /// Jobs whose worker was found dead here.
  package var lostJobs: Int { lost.load(ordering: .relaxed) }

  package func counts() async throws -> BacklogCounts {
    try await calls.run { backlog throws(BacklogError) in try backlog.counts() }
  }
}

// MARK: Looking

extension JobService {
  /// A job with what is ahead of it.
  package struct Report: Sendable {
    package let job: JobDocument
    package let ahead: JobsAhead?
    package let progress: (done: Int, total: Int)?

    package init(job: JobDocument, ahead: JobsAhead?, progress: (done: Int, total: Int)?) {
      (self.job, self.ahead, self.progress) = (job, ahead, progress)
    }
  }

  package func report(_ id: JobID, for scope: JobScope) async throws -> Report? {
    let found = try await calls.run {
      backlog throws(BacklogError) -> (JobDocument, JobsAhead?)? in
      guard let job = try backlog.document(id, for: scope) else { return nil }
      return (job, job.state == .waiting ? try backlog.ahead(of: id) : nil)
    }
    guard let (job, ahead) = found else { return nil }
    // Of one that runs elsewhere its worker has told.
    let told = job.progress.map { (done: $0.done, total: $0.total) }
    return Report(job: job, ahead: ahead, progress: feeder.progress(of: id) ?? told)
  }

  package func list(_ query: JobQuery) async throws -> JobPage {
    try await calls.run { backlog throws(BacklogError) in try backlog.list(query) }
  }

  package func cancel(_ id: JobID, for scope: JobScope) async throws -> JobDocument? {
    let job = try await calls.run { backlog throws(BacklogError) in
      try backlog.cancel(id, for: scope)
    }
    if let order = job?.order { await pins.letGo(of: order) }
    return job
  }

  package func forget(
    _ id: JobID, for scope: JobScope
  ) async throws -> Forgetting<JobDocument>? {
    let forgetting = try await calls.run { backlog throws(BacklogError) in
      try backlog.forget(id, for: scope)
    }
    if forgetting == .forgotten { try await pins.all() }
    return forgetting
  }

  package func batch(_ id: BatchID, for scope: JobScope) async throws -> BatchDocument? {
    try await calls.run { backlog throws(BacklogError) in try backlog.batch(id, for: scope) }
  }

  package func cancelBatch(_ id: BatchID, for scope: JobScope) async throws -> BatchDocument? {
    let batch = try await calls.run { backlog throws(BacklogError) in
      try backlog.cancelBatch(id, for: scope)
    }
    if batch != nil { try await pins.all() }
    return batch
  }

  package func forgetBatch(
    _ id: BatchID, for scope: JobScope
  ) async throws -> Forgetting<BatchDocument>? {
    let forgetting = try await calls.run { backlog throws(BacklogError) in
      try backlog.forgetBatch(id, for: scope)
    }
    if forgetting == .forgotten { try await pins.all() }
    return forgetting
  }

  /// Live jobs that need an image.
  package func liveCount(naming image: Digest) async throws -> Int {
    try await calls.run { backlog throws(BacklogError) in
      try backlog.liveCount(naming: image)
    }
  }

  /// Looks at something until it is as it should be, for so many ticks at most, or the server ends.
  package func look<Found: Sendable>(
    at subject: JobWatch.Subject, ticks: Int,
    _ look: @Sendable () async throws -> Found, until holds: (Found) -> Bool
  ) async throws -> Found {
    guard ticks > 0 else { return try await look() }
    let wakes = watch.wakes(of: subject)
    var found = try await look()
    guard !holds(found) else { return found }
    var passed = 0
    for await wake in wakes {
      if wake == .tick { passed += 1 }
      found = try await look()
      if holds(found) || wake == .drain || passed >= ticks { break }
    }
    return found
  }
}

// MARK: Batches

extension JobService {
  /// All jobs of a batch in order, a page at a time.
  package func members(
    of batch: BatchID, for scope: JobScope,
    _ take: ([JobDocument]) async throws -> Void
  ) async throws {
    var query = JobQuery(scope: scope, order: .members(of: batch), limit: JobQuery.largestLimit)
    while true {
      let page = try await list(query)
      try await take(page.jobs)
      guard let next = page.next else { return }
      query.after = next
    }
  }

  /// Seconds in which a machine may not see what another has written.
  private static let mostLag = 60.0

  /// Whether what a job made may be on its way here from another machine.
  package func mayBeOnItsWay(_ job: JobDocument) -> Bool {
    let age = job.ended.map { abs(Timestamp.current().seconds(since: $0)) } ?? .infinity
    return services.shared != nil && age < JobService.mostLag
  }

  /// The answer of a job that is done: as it is kept, or read from its field again.
  package func answer(of job: JobDocument, for owner: Owner) async throws -> Answer {
    if let name = job.answer?.name,
      let answer = try await services.answers.answerOfAnyone(named: name, for: owner)
    {
      return answer
    }
    guard let request = JobRequest(json: job.order.request) else {
      throw JobRunnerError.foreignRequest
    }
    let parsed = try await ParsedJob(request, by: services)
    let record = try await services.fields.record(of: job.order.work)
    guard let asked = try parsed.request(of: record, by: services) else {
      throw JobRunnerError.foreignRequest
    }
    return try await services.queries.answer(record, asked, for: owner)
  }
}
