import Backlog
import Featurization
import Files
import Foundation
import Jobs

/// A job as its owner reads it.
struct JobListing: Encodable {
  struct Progress: Encodable {
    /// Blocks that are computed and hundredths of what follows, and all that are known of.
    let done: Int
    let of: Int
  }

  let id: String
  /// `waiting`, `running`, `done`, `failed`, `cancelled` or `expired`; others may come.
  let state: String
  let version: Int
  let name: String?
  let batch: String?
  /// The job's index in its batch.
  let place: Int?
  /// The place among what waits, counted from 1.
  let position: Int?
  /// Predicted seconds until it starts, and until it ends.
  let startsIn: Double?
  let endsIn: Double?
  let progress: Progress?
  let created: String
  let started: String?
  let ended: String?
  let expires: String?
  /// How often it was begun.
  let attempt: Int
  /// How often the process that ran it died.
  let losses: Int
  let isCancelWished: Bool
  let image: String?
  let request: JobRequest?
  /// The id of the field that it makes or asks; absent of clusters of several.
  let field: String?
  let result: Result?
  let problem: JobProblem?
  let links: [String: String]

  struct Result: Encodable {
    let path: String
    let type: String
    let bytes: Int
  }

  private enum CodingKeys: String, CodingKey {
    case id, state, version, name, batch, place, position, startsIn, endsIn, progress, created
    case started, ended, expires, attempt, losses, image, request, field, result, problem, links
    case isCancelWished = "cancelling"
  }

  init(_ report: JobService.Report, runners: Int) {
    let (job, path) = (report.job, "/jobs/\(report.job.id)")
    id = "\(job.id)"
    state = job.state.word
    (version, name, place) = (job.version, job.order.name, job.place)
    batch = job.batch.map { "\($0)" }
    position = report.ahead.map { $0.jobs + 1 }
    let starts = report.ahead.map { $0.seconds / Double(max(1, runners)) }
    startsIn = starts.map(rounded)
    let part = report.progress.map { $0.total > 0 ? Double($0.done) / Double($0.total) : 0 } ?? 0
    switch job.state {
    case .waiting: endsIn = rounded((starts ?? 0) + job.order.seconds)
    case .running: endsIn = rounded(job.order.seconds * max(0, 1 - part))
    case .done, .failed, .cancelled, .expired: endsIn = nil
    }
    progress =
      job.state == .running
      ? report.progress.map { Progress(done: $0.done, of: $0.total) } : nil
    created = job.created.text
    (started, ended, expires) = (job.started?.text, job.ended?.text, job.expires?.text)
    (attempt, losses, isCancelWished) = (job.epoch, job.losses, job.isCancelWished)
    image = job.order.image?.imageName
    request = JobRequest(json: job.order.request)
    field = job.order.image.map { _ in job.order.work.description }
    result = job.answer.map {
      Result(path: $0.path, type: $0.mediaType, bytes: $0.bytes)
    }
    problem = job.state == .failed ? JobProblem(of: job) : nil
    links = ["self": path, "events": "\(path)/events", "result": "\(path)/result"]
  }
}

/// A batch as its owner reads it.
struct BatchListing: Encodable {
  let id: String
  let name: String?
  let version: Int
  let total: Int
  let waiting: Int
  let running: Int
  let done: Int
  let failed: Int
  let cancelled: Int
  let expired: Int
  /// Predicted seconds until all of it has ended; absent when it has.
  let endsIn: Double?
  let isCancelWished: Bool
  let created: String
  let ended: String?
  let expires: String?
  let links: [String: String]

  private enum CodingKeys: String, CodingKey {
    case id, name, version, total, waiting, running, done, failed, cancelled, expired, endsIn
    case created, ended, expires, links
    case isCancelWished = "cancelling"
  }

  init(_ batch: BatchDocument, runners: Int) {
    let path = "/batches/\(batch.id)"
    (id, name, version, total) = ("\(batch.id)", batch.name, batch.version, batch.total)
    (waiting, running) = (batch.remainder.waiting, batch.remainder.running)
    (done, failed, cancelled, expired) =
      (batch.done, batch.failed, batch.cancelled, batch.expired)
    endsIn =
      batch.ended == nil
      ? rounded(batch.remainder.seconds / Double(max(1, runners))) : nil
    isCancelWished = batch.isCancelWished
    created = batch.created.text
    (ended, expires) = (batch.ended?.text, batch.expires?.text)
    links = [
      "self": path, "events": "\(path)/events", "jobs": "\(path)/jobs",
      "results": "\(path)/results",
    ]
  }
}

/// The members of a problem document that tell why a job failed.
struct JobProblem: Codable {
  let type: String
  let title: String
  let status: Int
  let detail: String

  init?(of job: JobDocument) {
    guard let text = job.problem else {
      self.init(Problem(lost: job))
      return
    }
    guard let read = try? JSONDecoder().decode(JobProblem.self, from: Data(text.utf8)) else {
      return nil
    }
    self = read
  }

  private init(_ problem: Problem) {
    (type, title) = ("/problems/\(problem.kind)", problem.title)
    (status, detail) = (problem.status, problem.detail)
  }
}

private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

extension JobState {
  /// The state's name for clients.
  var word: String { "\(self)" }

  init?(word: some StringProtocol) {
    guard let state = JobState.allCases.first(where: { $0.word == word }) else { return nil }
    self = state
  }
}

extension Timestamp {
  /// Source: RFC 3339, with milliseconds.
  var text: String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000)
      .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}

/// Encodes a value as JSON in one line, with sorted keys; no end of line stands in it.
func jsonLine(_ value: some Encodable) -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return (try? encoder.encode(value)).map { Array($0) } ?? []
}
