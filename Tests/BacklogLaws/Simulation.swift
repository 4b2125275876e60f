package import Backlog
import Support

/// Clients, workers and a network around a backlog, in virtual time, all from one seed.
///
/// Messages are delayed, lost and repeated; workers die, stop for a while and drain. After every
/// step the laws are checked.
package struct Simulation {
  package struct Plan: Sendable {
    package var seed: Int
    package var steps: Int
    package var workers = 4

    package init(seed: Int, steps: Int) { (self.seed, self.steps) = (seed, steps) }
  }

  /// What happened, so that a run that tests nothing is seen.
  package struct Counts: Sendable {
    package var ended: [JobState: Int] = [:]
    package var claims = 0
    package var fenced = 0
    package var losses = 0
    package var releases = 0
  }

  enum Event {
    case submission, wish, sweep, census
    case turn(Int), beat(Int), fault(Int), wake(Int)
    case message(Message)
  }

  let plan: Plan
  let backlog: any JobBacklog
  let clock: VirtualClock
  var chance: SeededNumbers
  var witness: Witness
  var workers: [SimulatedWorker]
  /// Whether the network and the workers are without faults.
  var isCalm = false
  private var agenda: [(time: Timestamp, event: Event)] = []
  var submitted = 0
  var repeatable: [Submission] = []

  package static var policy: BacklogPolicy {
    var policy = BacklogPolicy.leased
    (policy.kept, policy.patience, policy.ownerJobs) = (900, 400, 60)
    (policy.memoryOfWorkers, policy.longestDelay) = (600, 20)
    return policy
  }

  package init(_ plan: Plan, of engine: BacklogEngine) throws {
    self.plan = plan
    clock = VirtualClock()
    backlog = try engine.make(Simulation.policy, clock, SeededBytes(seed: plan.seed))
    chance = SeededNumbers(seed: plan.seed)
    witness = Witness(backlog, lease: Simulation.policy.lease ?? 0)
    workers = (0..<plan.workers).map { SimulatedWorker(number: $0) }
  }

  /// Runs it, and then without faults until nothing is left; throws `BrokenLaw`.
  package mutating func run() throws -> Counts {
    defer { backlog.close() }
    for event in [Event.submission, .wish, .sweep, .census] { schedule(event, in: 1) }
    for number in workers.indices {
      for event in [Event.turn(number), .beat(number), .fault(number)] { schedule(event, in: 3) }
    }
    for _ in 0..<plan.steps { try step() }
    isCalm = true
    var calm = 0
    while !witness.live.isEmpty {
      calm += 1
      try require(calm < 100_000, "L1", "never ends: \(witness.live.prefix(3))")
      try step()
    }
    try witness.look(at: witness.known)
    try witness.countBatches()
    return witness.counts
  }

  /// Lets an event happen about so many seconds from now.
  mutating func schedule(_ event: Event, in seconds: Double) {
    let delay = seconds * Double.random(in: 0.5...1.5, using: &chance)
    let time = clock.now.advanced(by: max(delay, 0.001))
    let index = agenda.firstIndex { $0.time <= time } ?? agenda.count
    agenda.insert((time, event), at: index)
  }

  /// Whether something of a probability happens.
  mutating func happens(_ probability: Double) -> Bool {
    !isCalm && Double.random(in: 0..<1, using: &chance) < probability
  }

  private mutating func step() throws {
    guard let (time, event) = agenda.popLast() else { return }
    clock.set(max(time, clock.now))
    switch event {
    case .submission:
      if !isCalm { try submit() }
      schedule(event, in: 6)
    case .wish:
      if !isCalm { try wish() }
      schedule(event, in: 15)
    case .sweep:
      try sweep()
      schedule(event, in: 10)
    case .census:
      try witness.countBatches()
      try witness.look(at: witness.known)
      schedule(event, in: 60)
    case .turn(let number):
      try turn(of: number)
      schedule(event, in: 1.5)
    case .beat(let number):
      beat(of: number)
      schedule(event, in: 5)
    case .fault(let number):
      if !isCalm { try fault(of: number) }
      schedule(event, in: 120)
    case .wake(let number): workers[number].isStopped = false
    case .message(let message): try deliver(message)
    }
  }

  private mutating func sweep() throws {
    _ = try backlog.sweep()
    try witness.swept(at: clock.now)
    let again = try backlog.sweep()
    try require(again.isEmpty || again.deleted > 0, "L10", "\(again)")
  }
}
