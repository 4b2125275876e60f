import Backlog
import BacklogLaws
import Testing

@Suite("Simulation") struct SimulationTests {
  @Test
  func `Simulation: no law is broken by delays, losses, repetitions, deaths and wishes`() throws {
    let plan = Simulation.Plan(seed: Chosen.seed, steps: Chosen.steps(20_000))
    print("SIMULATED: \(plan.steps) steps of seed \(plan.seed)")
    var simulation = try Simulation(plan, of: .memory)
    let counts = try simulation.run()
    for state in [JobState.done, .failed, .cancelled] {
      #expect(counts.ended[state, default: 0] > 3, "\(counts)")
    }
    #expect(counts.claims > 30 && counts.losses > 3 && counts.releases > 3, "\(counts)")
    #expect(counts.fenced > 3, "\(counts)")
  }
}
