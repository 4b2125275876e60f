import Backlog
import Support

extension Simulation {
  private static let owners: [String?] = ["ada", "bob", "cy", nil]

  mutating func submit() throws {
    if chance.below(5) == 0, let old = repeatable.randomElement(using: &chance) {
      // The answer to an earlier one was lost.
      return try take(old)
    }
    let count = chance.below(4) == 0 ? 1 + chance.below(8) : 1
    let owner = Simulation.owners[chance.below(Simulation.owners.count)]
    let orders = (0..<count).map { _ -> JobOrder in
      submitted += 1
      // Some works are asked for twice.
      let number = chance.below(10) == 0 ? submitted - 1 : submitted
      return Samples.order(
        number, seconds: Double.random(in: 0.2...20, using: &chance),
        weights: chance.below(40) == 0 ? "rare" : Samples.weights, name: "\(number).tif")
    }
    let key = Submission.Key("key \(submitted)", print: Samples.digest("print \(submitted)"))
    let submission = Submission(
      owner: JobOwner(client: owner), jobClass: chance.below(3) == 0 ? .interactive : .batch,
      shape: count == 1 ? .single : .batch(name: "batch"), jobs: orders,
      key: chance.below(2) == 0 ? key : nil, cancelAfter: chance.below(20) == 0 ? 30 : nil)
    try take(submission)
    if submission.key != nil {
      repeatable.append(submission)
      if repeatable.count > 10 { repeatable.removeFirst() }
    }
  }

  private mutating func take(_ submission: Submission) throws {
    do {
      try witness.took(try backlog.enqueue(submission))
    } catch BacklogError.ownerFull {
      // It is refused whole; the census would find a part of it.
    }
  }

  mutating func wish() throws {
    if chance.below(6) == 0, let id = witness.knownBatches.randomElement(using: &chance) {
      if chance.below(2) == 0 {
        _ = try backlog.cancelBatch(id, for: .all)
      } else {
        _ = try backlog.forgetBatch(id, for: .all)
      }
      return try witness.look(at: witness.known)
    }
    let ids = chance.below(3) == 0 ? witness.known : witness.liveIDs
    guard let id = ids.randomElement(using: &chance) else { return }
    if chance.below(3) > 0 {
      _ = try backlog.cancel(id, for: .all)
    } else {
      _ = try backlog.forget(id, for: .all)
    }
    try witness.look(at: [id])
  }
}
