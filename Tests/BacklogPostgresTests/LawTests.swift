import Backlog
import BacklogLaws
import Testing

@Suite("PostgreSQL backlog, laws", .timeLimit(.minutes(5))) struct LawTests {
  @Test(arguments: Law.all)
  func `PostgreSQL backlog: every law holds`(law: Law) throws {
    guard let server = PostgresServer.shared else { return }
    try law.check(.postgres(server))
  }

  @Test(arguments: Law.all)
  func `PostgreSQL backlog: every law holds on the tables of the next release`(law: Law) throws {
    guard let server = PostgresServer.shared else { return }
    try law.check(.postgresOfLaterRelease(server))
  }

  @Test
  func `PostgreSQL backlog: no law is broken in a simulation`() throws {
    guard let server = PostgresServer.shared else { return }
    let plan = Simulation.Plan(seed: Chosen.seed, steps: Chosen.steps(2000))
    print("SIMULATED: \(plan.steps) steps of seed \(plan.seed) on PostgreSQL")
    var simulation = try Simulation(plan, of: .postgres(server))
    #expect(try simulation.run().claims > 20)
  }

  @Test
  func `PostgreSQL backlog: it answers any calls as the one in memory does`() throws {
    guard let server = PostgresServer.shared else { return }
    let seed = Chosen.seed
    print("COMPARED: calls of seed \(seed) on PostgreSQL")
    var differential = try Differential([.memory, .postgres(server)], seed: seed)
    try differential.run(steps: Chosen.steps(2000))
    #expect(differential.calls.count > 15, "\(differential.calls)")
  }
}
