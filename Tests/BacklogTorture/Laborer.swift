import Backlog
import BacklogLaws
import BacklogSQL
import Foundation
import Support
import Synchronization

/// A process that submits, works, cancels and forgets, and tells of each call after it returned.
struct Laborer {
  let backlog: any JobBacklog

  /// Without `sync`, nothing waits for the disk: what must not be.
  init(place: Place, sync: Bool) throws {
    let start = ContinuousClock().now
    let opened = try place.open()
    backlog = sync ? opened : Unsynchronised(inner: opened)
    Laborer.tell("ready \(Int((ContinuousClock().now - start) / .microseconds(1)))")
  }

  /// One write of a line, so that lines of several threads stay whole.
  static func tell(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }

  /// Three threads share the transactions.
  func work(seed: Int) throws {
    let worker = try backlog.join(Samples.worker())
    inThreads(3) { thread in
      var chance = SeededNumbers(seed: seed &* 3 &+ thread)
      do {
        for number in 0..<100_000 {
          try step("\(seed).\(thread).\(number)", worker, &chance)
        }
      } catch {
        Laborer.tell("error \(error)")
      }
    }
  }

  /// Takes some steps on one thread, whatever the disk says, and ends in order: 0, or 3 where the
  /// backlog could not be opened or was given up.
  static func walk(place: Place, seed: Int, steps: Int) -> Int32 {
    do {
      let laborer = try Laborer(place: place, sync: true)
      defer { laborer.backlog.close() }
      let worker = try laborer.backlog.join(Samples.worker())
      var chance = SeededNumbers(seed: seed)
      for number in 0..<steps {
        do {
          try laborer.step("\(seed).\(number)", worker, &chance)
        } catch BacklogError.noRoom {
          tell("refused")
        }
      }
      return 0
    } catch {
      tell("error \(error)")
      return 3
    }
  }

  private func step(
    _ name: String, _ worker: Incarnation, _ chance: inout SeededNumbers
  ) throws {
    switch chance.below(10) {
    case 0..<4:
      let key = Submission.Key(name, print: Samples.digest(name))
      let count = chance.below(4) == 0 ? 5 : 1
      let number = Int(chance.next() >> 2)
      let submission =
        count == 1
        ? Samples.single(number, key: key) : Samples.batch(number..<number + count, key: key)
      let receipt = try backlog.enqueue(submission)
      if let job = receipt.job { Laborer.tell("took \(job.id)") }
      if let batch = receipt.batch { Laborer.tell("batch \(batch.id)") }
    case 4..<8:
      var room = Samples.room(1 + chance.below(2))
      room.weights.append("w")
      for claim in try backlog.claim(worker, room) {
        if chance.below(5) == 0 { continue }
        let answer = Samples.answer(of: claim.job.order)
        if try backlog.finish(claim, .done(answer)) { Laborer.tell("done \(claim.id)") }
      }
    case 8:
      let page = try backlog.list(JobQuery(scope: .all, states: [.waiting], limit: 3))
      guard let job = page.jobs.last else { return }
      if try backlog.cancel(job.id, for: .all)?.state == .cancelled {
        Laborer.tell("cancelled \(job.id)")
      }
    default:
      let page = try backlog.list(JobQuery(scope: .all, states: [.cancelled], limit: 5))
      guard let job = page.jobs.last, job.batch == nil else { return }
      Laborer.tell("forgetting \(job.id)")
      if try backlog.forget(job.id, for: .all) == .forgotten {
        Laborer.tell("forgotten \(job.id)")
      }
    }
  }

  /// Waits for ever at a seam of one call, having told so.
  static func stop(place: Place, at seam: Seam, call: String) throws {
    let isArmed = Mutex(false)
    let backlog = try place.open { reached in
      guard reached == seam, isArmed.withLock({ $0 }) else { return }
      tell("reached")
      while true { sleep(1000) }
    }
    let worker = try backlog.join(Samples.worker())
    let key = Submission.Key("key", print: Samples.digest("key"))
    func arm() { isArmed.withLock { $0 = true } }
    if call == "enqueue" { arm() }
    _ = try backlog.enqueue(Samples.batch(0..<3, key: key))
    if call == "claim" { arm() }
    let claim = try backlog.claimOne(worker)
    if call == "finish" { arm() }
    if call == "cancel" {
      arm()
      _ = try backlog.cancel(claim.id, for: .all)
    }
    _ = try backlog.finish(claim, .done(Samples.answer(of: claim.job.order)))
    tell("passed")
  }
}

/// A backlog that tells of what the disk does not have yet.
private struct Unsynchronised: SQLTransactions {
  let inner: any SQLTransactions

  func transaction<Value: Sendable>(
    _ durability: Durability,
    _ body: @escaping @Sendable (inout SQLBacklog, Timestamp) throws(BacklogError) -> Value
  ) throws(BacklogError) -> Value {
    try inner.transaction(min(durability, .lax), body)
  }

  func sweep() throws(BacklogError) -> Swept { try inner.sweep() }
  var failure: BacklogError? { inner.failure }
  func hints() -> AsyncStream<Hint> { inner.hints() }
  func close() { inner.close() }
}
