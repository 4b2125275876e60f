package import Backlog
package import Encoders
package import Featurization
import Files
import Scheduling

/// Does the work of one job, through the same services as a request that waits.
///
/// What it makes is on disk before it returns: the smaller of the answer and the field.
package struct JobRunner: Sendable {
  /// Most bytes of an answer that are kept; of one about several pages, which no single field could
  /// give again, the most that it may have.
  package static let longestStream = 256 << 20

  /// The time after which a shared store is asked again.
  private static let pause = Duration.seconds(1)

  private let services: Services

  package init(_ services: Services) {
    self.services = services
  }

  /// While the store that machines share is away, it waits: what was made is not made again.
  ///
  /// Throws `FeaturizationError`, `ParameterError`, `JobError`, or `CancellationError`.
  package func run(
    _ job: JobDocument, note: @Sendable (FieldRecord?, WorkProgress) -> Void
  ) async throws -> JobAnswer {
    while true {
      do {
        return try await runOnce(job, note: note)
      } catch FeaturizationError.sharedStoreAway, FeaturizationError.encoder(.away) {
        try await Task.sleep(for: JobRunner.pause)
      }
    }
  }

  private func runOnce(
    _ job: JobDocument, note: @Sendable (FieldRecord?, WorkProgress) -> Void
  ) async throws -> JobAnswer {
    guard let request = JobRequest(json: job.order.request) else {
      throw JobRunnerError.foreignRequest
    }
    let owner = Owner(client: job.owner.client, request: "\(job.id)")
    let progress = WorkProgress()
    if request.target == .clusters {
      note(nil, progress)
      return try await clusters(ClusteringJob(request, by: services), job, owner, progress)
    }
    guard let image = job.order.image else { throw JobRunnerError.foreignRequest }
    let parsed = try await ParsedJob(request, by: services)
    let record = try await services.fields.prediction(of: image, parsed.field).record
    note(record, progress)
    guard let asked = try parsed.request(of: record, by: services) else {
      let field = try await keepField(record, for: owner)
      return JobAnswer(
        name: record.name, path: "/fields/\(field.id)", mediaType: "application/json", bytes: 0,
        kind: services.arithmetic)
    }
    let answer = try await services.queries.answer(
      record, asked, for: owner, progress: progress)
    try await keep(answer, record, asked, for: owner)
    return JobAnswer(
      name: answer.name,
      path: try parsed.path(of: record, by: services) ?? "/jobs/\(job.id)/result",
      mediaType: answer.format.mediaType, bytes: answer.body.length,
      kind: services.arithmetic)
  }

  private func clusters(
    _ clustering: ClusteringJob, _ job: JobDocument, _ owner: Owner, _ progress: WorkProgress
  ) async throws -> JobAnswer {
    let answer = try await clustering.answer(for: owner, progress)
    let bytes = try await bytes(of: answer)
    services.pin(answers: [answer.name])
    try await services.answers.keep(answer, bytes)
    try await keepAnswer(answer.name)
    return JobAnswer(
      name: answer.name, path: "/jobs/\(job.id)/result", mediaType: answer.format.mediaType,
      bytes: bytes.count, kind: services.arithmetic)
  }

  private func keep(
    _ answer: Answer, _ record: FieldRecord, _ asked: FeatureRequest, for owner: Owner
  ) async throws {
    let field = services.fields.encodedBytes(of: record) ?? .max
    if services.answers.contains(answer.name) {
      try await keepAnswer(answer.name)
    } else if asked.pages != nil || answer.body.length <= min(field, JobRunner.longestStream) {
      let bytes = try await bytes(of: answer)
      services.pin(answers: [answer.name])
      try await services.answers.keep(answer, bytes)
      try await keepAnswer(answer.name)
    } else {
      _ = try await keepField(record, for: owner)
      return
    }
    services.pin(fields: [record.name])
    try await services.fields.keepRecord(record)
    try await services.fields.publish(record, withEncodings: false)
    if services.shared != nil { services.unpin(fields: [record.name]) }
  }

  /// Has an answer last that is on disk here.
  private func keepAnswer(_ name: Digest) async throws {
    services.pin(answers: [name])
    guard services.shared != nil else { return }
    defer { services.unpin(answers: [name]) }
    try await services.answers.publish(name)
  }

  /// Makes a field that lasts.
  private func keepField(
    _ record: FieldRecord, for owner: Owner
  ) async throws -> FieldDescription {
    let field = try await services.fields.keepForGood(record, for: owner)
    services.pin(record)
    if services.shared != nil {
      defer { services.unpin(record) }
      try await services.fields.publish(record, withEncodings: true)
    }
    return field
  }

  /// All bytes of an answer.
  private func bytes(of answer: Answer) async throws -> [UInt8] {
    switch answer.body {
    case .whole(let bytes): return bytes
    case .stream(let stream):
      guard stream.length <= JobRunner.longestStream else {
        throw JobRunnerError.tooLong(bytes: stream.length)
      }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(stream.length)
      try await stream.write { bytes += $0 }
      return bytes
    }
  }
}

/// Why a job cannot be run.
package enum JobRunnerError: Error, Hashable, Sendable {
  /// Another release wrote it.
  case foreignRequest
  /// An answer about several pages of more bytes than are kept.
  case tooLong(bytes: Int)
}
