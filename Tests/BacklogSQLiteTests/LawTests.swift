import Backlog
import BacklogLaws
import Testing

@Suite("SQLite backlog, laws") struct LawTests {
  @Test(arguments: Law.all)
  func `SQLite backlog: every law holds`(law: Law) throws {
    try law.check(.sqlite)
  }

  @Test(arguments: Law.all)
  func `SQLite backlog: every law holds on the tables of the next release`(law: Law) throws {
    try law.check(.sqliteOfLaterRelease)
  }

  @Test
  func `SQLite backlog: no law is broken in a simulation`() throws {
    let plan = Simulation.Plan(seed: Chosen.seed, steps: Chosen.steps(5000))
    print("SIMULATED: \(plan.steps) steps of seed \(plan.seed) on SQLite")
    var simulation = try Simulation(plan, of: .sqlite)
    let counts = try simulation.run()
    #expect(counts.claims > 50 && counts.losses > 0 && counts.fenced > 0, "\(counts)")
  }
}

@Suite("SQLite backlog, compared") struct DifferentialTests {
  @Test
  func `SQLite backlog: it answers any calls as the one in memory does`() throws {
    let seed = Chosen.seed
    print("COMPARED: calls of seed \(seed)")
    var differential = try Differential([.memory, .sqlite], seed: seed)
    try differential.run(steps: Chosen.steps(4000))
    #expect(differential.calls.count > 15, "\(differential.calls)")
  }
}
