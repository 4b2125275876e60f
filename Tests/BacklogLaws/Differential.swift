import Backlog
import Support

/// The same random calls of two backlogs, whose answers must be equal.
package struct Differential {
  private let clock = VirtualClock()
  private let backlogs: [any JobBacklog]
  private var chance: SeededNumbers
  private var workers: [Incarnation] = []
  private var claims: [Claim] = []
  private var jobs: [JobID] = []
  private var batches: [BatchID] = []
  private var count = 0
  /// How many calls did what they were meant to, by name.
  package private(set) var calls: [String: Int] = [:]

  package init(_ engines: [BacklogEngine], seed: Int) throws {
    var policy = Simulation.policy
    (policy.kept, policy.deletions, policy.ownerJobs) = (300, 5, 25)
    let clock = clock
    backlogs = try engines.map { try $0.make(policy, clock, SeededBytes(seed: seed)) }
    chance = SeededNumbers(seed: seed)
  }

  package mutating func run(steps: Int) throws {
    defer { for backlog in backlogs { backlog.close() } }
    for step in 0..<steps {
      clock.advance(by: Double(chance.below(4000)) / 1000)
      try change()
      if step % 20 == 0 {
        _ = try same("documents") { try $0.all() }
        _ = try same("counts") { try $0.counts() }
        _ = try same("pins") { try $0.pins(after: 0, limit: 1000) }
        for id in batches { _ = try same("batch") { try $0.batch(id, for: .all) } }
      }
    }
  }

  /// The answer of all, which is the same.
  private mutating func same<Value: Equatable>(
    _ name: String, _ call: (any JobBacklog) throws -> Value
  ) throws -> Value? {
    let answers = try backlogs.map { backlog -> Result<Value, BacklogError> in
      do { return .success(try call(backlog)) } catch let error as BacklogError {
        return .failure(error)
      }
    }
    for answer in answers.dropFirst() {
      try require(answer == answers[0], name, Differential.difference(answers[0], answer))
    }
    if case .success = answers[0] { calls[name, default: 0] += 1 }
    return try? answers[0].get()
  }

  /// Where two long texts begin to differ.
  private static func difference(_ one: some Any, _ other: some Any) -> String {
    let texts = [Array("\(one)"), Array("\(other)")]
    let index = zip(texts[0], texts[1]).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let start = max((index ?? min(texts[0].count, texts[1].count)) - 500, 0)
    return texts.map { String($0.dropFirst(start).prefix(700)) }.joined(separator: "\nis not\n")
  }

  private mutating func change() throws {
    switch chance.below(12) {
    case 0, 1: try submit()
    case 2, 3, 4: try claim()
    case 5, 6: try end()
    case 7: try wish()
    case 8: try work()
    case 9:
      _ = try same("sweep") { try $0.sweep() }
    case 10:
      guard let job = jobs.randomElement(using: &chance) else { return }
      _ = try same("ahead") { try $0.ahead(of: job) }
      let owner = JobOwner(client: chance.below(2) == 0 ? "ada" : "bob")
      _ = try same("live") { try $0.liveCount(of: owner) }
      _ = try same("document") { try $0.document(job, for: .owned(owner)) }
    default: try list()
    }
  }

  private mutating func submit() throws {
    let size = 1 + chance.below(6)
    count += size
    let key = Submission.Key(
      "key \(count / 20)", print: Samples.digest("print \(chance.below(2))"))
    let orders = (0..<size).map { number in
      Samples.order(
        count - number, seconds: Double(chance.below(80)) / 4, bytes: chance.below(1000),
        weights: chance.below(10) == 0 ? "rare" : Samples.weights, name: "\(number).tif")
    }
    let submission = Submission(
      owner: JobOwner(client: ["ada", "bob", nil][chance.below(3)]),
      jobClass: chance.below(3) == 0 ? .interactive : .batch,
      shape: size == 1 ? .single : .batch(name: nil), jobs: orders,
      key: chance.below(3) == 0 ? key : nil,
      cancelAfter: chance.below(5) == 0 ? Double(chance.below(60)) : nil)
    let receipt = try same("enqueue") { try $0.enqueue(submission) }
    if let job = receipt?.job { jobs.append(job.id) }
    if let batch = receipt?.batch {
      batches.append(batch.id)
      let members = JobQuery(scope: .all, order: .members(of: batch.id))
      jobs += try same("members") { try $0.list(members) }?.jobs.map(\.id) ?? []
    }
    if jobs.count > 60 { jobs.removeFirst(20) }
    if batches.count > 8 { batches.removeFirst(4) }
  }

  private mutating func claim() throws {
    if workers.isEmpty || chance.below(15) == 0 {
      let weights = chance.below(3) == 0 ? [Samples.weights, "rare"] : [Samples.weights]
      let card = Samples.worker("w\(chance.below(3))", weights: weights)
      if let worker = try same("join", { try $0.join(card) }) { workers.append(worker) }
      if workers.count > 4 { workers.removeFirst() }
    }
    guard let worker = workers.randomElement(using: &chance) else { return }
    var room = Samples.room(1 + chance.below(3), isIdle: chance.below(2) == 0)
    (room.bytes, room.secondsLeft) = (500 + chance.below(2000), Double(chance.below(40)))
    if chance.below(2) == 0 { room.weights.append("rare") }
    claims += try same("claim") { try $0.claim(worker, room) } ?? []
    if claims.count > 12 { claims.removeFirst(4) }
  }

  private mutating func end() throws {
    guard let claim = claims.randomElement(using: &chance) else { return }
    let outcomes: [JobOutcome] = [
      .done(Samples.answer(of: claim.job.order)), .done(Samples.answer(of: claim.job.order)),
      .failed(problem: "{}"), .retry(problem: #"{"status":503}"#), .cancelled,
    ]
    let choice = chance.below(outcomes.count + 1)
    if choice < outcomes.count {
      _ = try same("finish") { try $0.finish(claim, outcomes[choice]) }
    } else {
      _ = try same("release") { try $0.release(claim) }
    }
  }

  private mutating func wish() throws {
    if let id = batches.randomElement(using: &chance), chance.below(4) == 0 {
      if chance.below(2) == 0 {
        _ = try same("cancel batch") { try $0.cancelBatch(id, for: .all) }
      } else {
        _ = try same("forget batch") { try $0.forgetBatch(id, for: .all) }
      }
    }
    guard let id = jobs.randomElement(using: &chance) else { return }
    switch chance.below(8) {
    case 0..<4: _ = try same("cancel") { try $0.cancel(id, for: .all) }
    case 4..<7: _ = try same("forget") { try $0.forget(id, for: .all) }
    default: _ = try same("cancel waiting") { try $0.cancelWaiting(of: .anonymous) }
    }
  }

  private mutating func work() throws {
    guard let worker = workers.randomElement(using: &chance) else { return }
    switch chance.below(8) {
    case 0:
      _ = try same("leave") { backlog -> Bool in
        try backlog.leave(worker); return true
      }
    case 1: _ = try same("held") { try $0.held(by: worker) }
    default:
      let held = claims.filter { $0.worker == worker }
      let progress = held.map { JobProgress(job: $0.id, done: chance.below(5), total: 5) }
      _ = try same("beat") { try $0.beat(worker, Array(Set(progress))) }
    }
  }

  private mutating func list() throws {
    let query = JobQuery(
      scope: chance.below(2) == 0 ? .all : .owned(JobOwner(client: "ada")),
      order: batches.randomElement(using: &chance).map { .members(of: $0) } ?? .newestFirst,
      states: chance.below(2) == 0 ? [] : [.waiting, .done], limit: 1 + chance.below(5))
    let page = try same("list") { try $0.list(query) }
    var next = query
    next.after = page?.next
    _ = try same("list") { try $0.list(next) }
  }
}
