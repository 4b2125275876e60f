import Backlog
import Support

extension Simulation {
  /// Seconds after which a question counts as lost.
  private static let patience = 8.0

  /// What a worker does each second or two.
  mutating func turn(of number: Int) throws {
    guard !workers[number].isStopped, !workers[number].isDead else { return }
    guard let life = workers[number].life else {
      let weights = number == 0 ? [Samples.weights, "rare"] : [Samples.weights]
      let life = try backlog.join(Samples.worker("w\(number)", weights: weights))
      witness.beat(life, at: clock.now)
      workers[number].life = life
      return
    }
    for id in workers[number].ids {
      guard var run = workers[number].runs[id] else { continue }
      if run.outcome == nil, run.isCancelled || run.end <= clock.now { run.outcome = end(of: run) }
      workers[number].runs[id] = run
      if let outcome = run.outcome { send(.finish(run.claim, outcome), from: number, life) }
    }
    if workers[number].isDraining {
      if workers[number].runs.isEmpty { try leave(number, life) }
      return
    }
    if let asked = workers[number].asked, asked.advanced(by: Simulation.patience) > clock.now {
      return
    }
    let free = SimulatedWorker.runners - workers[number].runs.count
    guard free > 0 else { return }
    workers[number].asked = clock.now
    var room = Samples.room(free, isIdle: workers[number].runs.isEmpty)
    if number == 0 { room.weights.append("rare") }
    send(.claim(room), from: number, life)
  }

  private mutating func end(of run: SimulatedWorker.Run) -> JobOutcome {
    if run.isCancelled { return .cancelled }
    if happens(0.05) { return .failed(problem: #"{"status":422}"#) }
    if happens(0.1) { return .retry(problem: #"{"status":503}"#) }
    return .done(Samples.answer(of: run.claim.job.order))
  }

  private mutating func leave(_ number: Int, _ life: Incarnation) throws {
    let held = try backlog.held(by: life).map(\.id)
    try backlog.leave(life)
    try witness.look(at: held, released: true)
    workers[number] = SimulatedWorker(number: number)
  }

  mutating func beat(of number: Int) {
    guard !workers[number].isStopped, let life = workers[number].life else { return }
    let progress = workers[number].ids.map { JobProgress(job: $0, done: 1, total: 2) }
    send(.beat(progress), from: number, life)
  }

  /// Something bad, or an order to leave.
  mutating func fault(of number: Int) throws {
    switch chance.below(4) {
    case 0:
      workers[number] = SimulatedWorker(number: number)
    case 1 where !workers[number].isStopped:
      workers[number].isStopped = true
      schedule(.wake(number), in: chance.below(2) == 0 ? 3 : 60)
    case 2: workers[number].isDraining = true
    default:
      // Only one of its runs ends; the process gives it back.
      if let life = workers[number].life, let id = workers[number].ids.first,
        let run = workers[number].runs.removeValue(forKey: id)
      {
        send(.release(run.claim), from: number, life)
      }
    }
  }

  private mutating func send(_ content: Message.Content, from number: Int, _ life: Incarnation) {
    let message = Message(number: number, life: life, content: content)
    if happens(0.05) { return }
    let copies = happens(0.05) ? 2 : 1
    for _ in 0..<copies { schedule(.message(message), in: happens(0.03) ? 40 : 0.05) }
  }

  /// Lets a message arrive; its answer may be lost.
  mutating func deliver(_ message: Message) throws {
    let (number, life) = (message.number, message.life)
    let isLost = happens(0.05)
    let isHeard = !isLost && workers[number].life == life
    switch message.content {
    case .beat(let progress):
      let verdict = try backlog.beat(life, progress)
      if verdict != .gone { witness.beat(life, at: clock.now) }
      if isHeard { try hear(verdict, number, life) }
    case .claim(let room):
      let claims = try backlog.claim(life, room)
      for claim in claims { try witness.saw(claim.job) }
      if isHeard, workers[number].asked != nil {
        workers[number].asked = nil
        for claim in claims { adopt(claim, by: number) }
      }
    case .finish(let claim, let outcome):
      let before = try backlog.document(claim.id, for: .all)
      let isTaken = try backlog.finish(claim, outcome)
      try witness.wrote(claim, outcome, before, isTaken)
      if isHeard, workers[number].runs[claim.id]?.claim.epoch == claim.epoch {
        workers[number].runs[claim.id] = nil
      }
    case .release(let claim):
      let before = try backlog.document(claim.id, for: .all)
      try witness.wrote(claim, nil, before, try backlog.release(claim))
    }
  }

  private mutating func adopt(_ claim: Claim, by number: Int) {
    let seconds = claim.job.order.seconds * Double.random(in: 0.2...1.5, using: &chance)
    workers[number].runs[claim.id] = SimulatedWorker.Run(
      claim: claim, end: clock.now.advanced(by: seconds))
  }

  private mutating func hear(_ verdict: Verdict, _ number: Int, _ life: Incarnation) throws {
    switch verdict {
    case .gone: workers[number] = SimulatedWorker(number: number)
    case .alive(let held, let cancel):
      for id in cancel { workers[number].runs[id]?.isCancelled = true }
      // Claims whose answers were lost; one may be on its way while it asks.
      let isUnknown = held.contains { workers[number].runs[$0] == nil }
      guard isUnknown, workers[number].asked == nil else { return }
      for claim in try backlog.held(by: life) where workers[number].runs[claim.id] == nil {
        send(.release(claim), from: number, life)
      }
    }
  }
}
