package import Backlog
import Foundation
package import Jobs

extension Problem {
  package init(_ error: BacklogError) {
    switch error {
    case .keyReused:
      self.init(
        422, "idempotency-key-reused", "The key stands for another submission",
        "Idempotency-Key was sent before with another image, other options or another batch")
    case .ownerFull(let limit, _, let seconds):
      self.init(
        429, "token-jobs", "The client has as many jobs as it may", limit: limit,
        setting: "token-jobs")
      retryAfter = Problem.wait(seconds)
    case .full(let limit):
      self.init(
        503, "total-jobs", "The server keeps as many jobs as it may", limit: limit,
        setting: "total-jobs")
      retryAfter = 60
    case .tooManyJobs(_, let limit):
      self.init(
        413, "batch-jobs", "The batch has too many jobs", limit: limit, setting: "batch-jobs")
    case .noRoom:
      self.init(
        507, "no-room-for-jobs", "The disk is full",
        "The disk has no room for a job; nothing was taken")
    case .away:
      self.init(
        503, "jobs-away", "Jobs cannot be taken now", "The database of jobs does not answer")
      retryAfter = 5
    case .broken, .newerSchema, .networkFileSystem, .inUse:
      self.init(
        503, "jobs-broken", "Jobs cannot be taken any more",
        "The file of jobs is damaged or not to be used; the server's log says why")
      retryAfter = 60
    case .closed:
      self.init(503, "jobs-closed", "The server is ending")
      retryAfter = 10
    }
  }

  package init(_ error: JobRunnerError) {
    switch error {
    case .foreignRequest:
      self.init(
        422, "foreign-job", "The job is another release's",
        "The job was taken by another release of the server, and is not understood by this one")
    case .tooLong(let bytes):
      self.init(
        422, "long-answer", "The answer is too long to be kept",
        "The answer about several pages has \(bytes) bytes, and no more than "
          + "\(JobRunner.longestStream) are kept for a job; ask page by page")
    }
  }

  /// What a job failed of whose worker died too often.
  init(lost job: JobDocument) {
    self.init(
      500, "worker-lost", "The process that ran the job died",
      "The process that ran the job died \(job.losses) times; it is not tried again")
  }

  /// Why a job has no answer.
  init(of job: JobDocument) {
    switch job.state {
    case .waiting, .running:
      self.init(404, "not-finished", "The job has not ended", "The job is \(job.state.word)")
    case .cancelled:
      self.init(410, "job-cancelled", "The job was cancelled")
    case .expired:
      self.init(410, "job-expired", "The job waited for too long")
    case .done, .failed:
      guard let read = JobProblem(of: job), let kind = read.type.split(separator: "/").last else {
        self.init(lost: job)
        return
      }
      self.init(read.status, String(kind), read.title, read.detail)
    }
  }

  static let noSuchJob = Problem(
    404, "no-such-job", "No such job", "There is no job of this client with this id")
  static let noSuchBatch = Problem(
    404, "no-such-batch", "No such batch", "There is no batch of this client with this id")
  static let noJobs = Problem(
    404, "no-jobs", "No jobs are kept here",
    "This server keeps no jobs: the settings store and jobs name the folders that it needs")

  /// What a job needs is kept until it has ended: where it is not found, it could not be read.
  private static let couldNotBeRead: Set = ["no-such-image", "field-gone"]

  /// The problem as JSON, and whether trying again may help.
  package static func failure(of error: any Error) -> JobFailure {
    let problem = Problem(any: error)
    let mayPass =
      problem.retryAfter != nil || problem.status == 500 || couldNotBeRead.contains(problem.kind)
    return JobFailure(
      problem: String(decoding: problem.bytes, as: UTF8.self), mayPass: mayPass)
  }
}
