import Backlog
import BacklogLaws
import Foundation
import Testing

@Suite("Simulation") struct SimulationTests {
  /// More steps by `EYEPIECE_SIMULATED_STEPS`, another seed by `EYEPIECE_SEED`.
  static func plan(seed: Int, steps: Int) -> Simulation.Plan {
    let environment = ProcessInfo.processInfo.environment
    let steps = environment["EYEPIECE_SIMULATED_STEPS"].flatMap { Int($0) } ?? steps
    let seed = environment["EYEPIECE_SEED"].flatMap { Int($0) } ?? seed
    return Simulation.Plan(seed: seed, steps: steps)
  }

  @Test
  func `Simulation: no law is broken by delays, losses, repetitions, deaths and wishes`() throws {
    let plan = Self.plan(seed: Int.random(in: 0..<1 << 30), steps: 20_000)
    print("SIMULATED: \(plan.steps) steps of seed \(plan.seed)")
    var simulation = try Simulation(plan, of: .memory)
    let counts = try simulation.run()
    for state in [JobState.done, .failed, .cancelled] {
      #expect(counts.ended[state, default: 0] > 10, "\(counts)")
    }
    #expect(counts.claims > 100 && counts.losses > 10 && counts.releases > 10, "\(counts)")
    #expect(counts.fenced > 10, "\(counts)")
  }
}
