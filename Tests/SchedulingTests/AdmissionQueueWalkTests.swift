import Scheduling
import Support
import Testing

/// Random walks through a queue's operations, compared with a simple model of it.
@Suite("Admission queue, random walks") struct AdmissionQueueWalkTests {
  /// Every job that was ever added, with its state.
  private struct Model {
    enum Place { case waiting, running, answering, gone }

    var jobs:
      [(ticket: AdmissionQueue.Ticket, demand: AdmissionQueue.Demand, place: Place, passes: Int)] =
        []
    let limits: AdmissionQueue.Limits

    func jobs(_ places: Place...) -> [Int] {
      jobs.indices.filter { places.contains(jobs[$0].place) }
    }

    var heldBytes: Int { jobs(.running, .answering).reduce(0) { $0 + jobs[$1].demand.bytes } }

    /// Whether a runner is free and the bytes fit, or nothing is held at all.
    func canStart(_ demand: AdmissionQueue.Demand) -> Bool {
      jobs(.running).count < limits.runners
        && (heldBytes == 0 || heldBytes + demand.bytes <= limits.heldBytes)
    }

    /// The oldest that waits, if it can start, or else one that may start before it.
    mutating func next() -> Int? {
      guard let first = jobs(.waiting).first else { return nil }
      if canStart(jobs[first].demand) { return first }
      guard jobs[first].passes < limits.passes,
        let passer = jobs(.waiting).first(where: { canStart(jobs[$0].demand) })
      else { return nil }
      jobs[first].passes += 1
      return passer
    }

    /// Whether a job is accepted: there is a place to wait, or it can start at once.
    func takes(_ demand: AdmissionQueue.Demand) -> Bool {
      jobs(.waiting).count < limits.waiting || (jobs(.waiting).isEmpty && canStart(demand))
    }
  }

  /// Applies one random operation to both.
  private func step(
    _ line: QueueUnderTest, _ model: inout Model, _ chance: inout SeededNumbers
  ) throws {
    let demand = AdmissionQueue.Demand(
      seconds: Double(chance.below(9)), bytes: chance.below(6) == 0 ? 300 : chance.below(60))
    let ticket = model.jobs.isEmpty ? 0 : model.jobs[chance.below(model.jobs.count)].ticket
    let known = model.jobs.firstIndex { $0.ticket == ticket }
    switch chance.below(10) {
    case 0..<4:
      let isWelcome = model.takes(demand)
      let joined = line.join(demand)
      try #require((joined != nil) == isWelcome)
      if let joined {
        try #require(!model.jobs.contains { $0.ticket == joined }, "a ticket is given once")
        model.jobs.append((joined, demand, .waiting, 0))
      }
    case 4..<6:
      while let next = model.next() {
        try #require(line.startNext() == model.jobs[next].ticket)
        model.jobs[next].place = .running
      }
      try #require(line.startNext() == nil)
    case 6:
      let wasWaiting = known.map { model.jobs[$0].place == .waiting } ?? false
      try #require(line.leave(ticket) == wasWaiting)
      if let known, wasWaiting { model.jobs[known].place = .gone }
    case 7..<9:
      guard let known, model.jobs[known].place == .running else { return }
      line.finish(ticket)
      model.jobs[known].place = .answering
    default:
      guard let known, [.running, .answering].contains(model.jobs[known].place) else { return }
      line.release(ticket)
      model.jobs[known].place = .gone
    }
  }

  private func check(
    _ line: AdmissionQueue, _ model: Model, at now: AdmissionQueue.Instant
  ) throws {
    try #require(line.runningCount == model.jobs(.running).count)
    try #require(line.runningCount <= model.limits.runners)
    try #require(line.waitingCount == model.jobs(.waiting).count)
    try #require(line.waitingCount <= max(model.limits.waiting, 1))
    try #require(line.first == model.jobs(.waiting).first.map { model.jobs[$0].ticket })
    try #require(line.heldBytes == model.heldBytes)
    let holders = model.jobs(.running, .answering).filter { model.jobs[$0].demand.bytes > 0 }
    try #require(line.heldBytes <= model.limits.heldBytes || holders.count == 1)
    let seconds = model.jobs(.running).map { model.jobs[$0].demand.seconds }
    let isBusy = seconds.count == model.limits.runners
    try #require(line.predictedRoom(at: now) == (isBusy ? seconds.min() : 0))
  }

  @Test(arguments: 0..<60)
  func `AdmissionQueue: a walk keeps every limit, serves in order, and ends without jobs`(seed: Int)
    throws
  {
    var chance = SeededNumbers(seed: seed)
    var limits = AdmissionQueue.Limits(
      runners: 1 + chance.below(4), waiting: chance.below(8), heldBytes: 100)
    limits.passes = chance.below(5)
    let line = QueueUnderTest(limits)
    var model = Model(limits: limits)
    for _ in 0..<600 {
      try step(line, &model, &chance)
      try check(line.line, model, at: line.clock.now)
    }
    // When all places are released, the queue empties itself.
    for _ in 0...model.jobs.count {
      for index in model.jobs(.running, .answering) {
        line.release(model.jobs[index].ticket)
        model.jobs[index].place = .gone
      }
      while let ticket = line.startNext() {
        let index = try #require(model.jobs.firstIndex { $0.ticket == ticket })
        model.jobs[index].place = .running
      }
    }
    #expect(line.line.waitingCount == 0 && line.line.runningCount == 0)
    #expect(line.line.heldBytes == 0)
  }
}
