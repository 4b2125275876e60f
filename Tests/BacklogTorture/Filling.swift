import Backlog
import BacklogLaws
import BacklogSQL
import BacklogSQLite
import Foundation

/// Fills a small disk with jobs, makes room, and goes on.
struct Filling {
  let folder: String

  func run() throws {
    let ballast = "\(folder)/ballast"
    try Data(count: 1 << 20).write(to: URL(filePath: ballast))
    let backlog = try SQLiteBacklog(at: "\(folder)/jobs.sqlite", policy: BacklogPolicy())
    let worker = try backlog.join(Samples.worker())
    let claim = try claim(backlog, worker)
    let taken = try fill(backlog)
    let jobs = try backlog.all()
    try require(jobs.count == taken * 50 + 1, "full", "\(jobs.count) jobs of \(taken) batches")
    try require(backlog.failure == nil, "full", "given up")
    _ = try? backlog.finish(claim, .done(Samples.answer(of: claim.job.order)))
    try require(try backlog.problems().isEmpty, "full", "unsound")
    try FileManager.default.removeItem(atPath: ballast)
    _ = try backlog.enqueue(Samples.batch(1_000_000..<1_000_050))
    try require(
      try backlog.finish(claim, .done(Samples.answer(of: claim.job.order))), "room", "fenced")
    try require(try backlog.all().count == jobs.count + 50, "room", "not taken")
    backlog.close()
    let again = try SQLiteBacklog(at: "\(folder)/jobs.sqlite", policy: BacklogPolicy())
    try require(try again.all().count == jobs.count + 50, "reopened", "other jobs")
    try require(try again.job(claim.id).state == .done, "reopened", "not done")
    again.close()
    Laborer.tell("filled after \(taken) batches, and went on")
  }

  private func claim(_ backlog: SQLiteBacklog, _ worker: Incarnation) throws -> Claim {
    _ = try backlog.enqueue(Samples.single(0, owner: "first"))
    return try backlog.claimOne(worker)
  }

  /// Submits until the disk is full; returns how many batches were taken.
  private func fill(_ backlog: SQLiteBacklog) throws -> Int {
    for number in 0..<10_000 {
      do {
        _ = try backlog.enqueue(
          Samples.batch(50 * number + 1..<50 * number + 51, owner: "\(number % 300)"))
      } catch BacklogError.noRoom {
        return number
      }
    }
    throw BrokenLaw("full", "never")
  }
}
