import Backlog
import BacklogLaws
import BacklogPostgres
import BacklogSQL
import Foundation
import Support
import Testing

@Suite("PostgreSQL backlog, processes", .timeLimit(.minutes(5)), .serialized)
struct PostgresBacklogTests {
  private static func open(_ address: String, sweepsAfter: Double = 0) throws -> PostgresBacklog {
    try PostgresBacklog(at: address, policy: .leased, sweepsAfter: sweepsAfter)
  }

  @Test
  func `PostgreSQL backlog: several share it, and none claims what another has`() throws {
    guard let server = PostgresServer.shared else { return }
    let address = try server.address()
    let first = try Self.open(address)
    _ = try first.enqueue(Samples.batch(0..<200))
    let (done, errors) = (Box<[JobID]>([]), Box<[String]>([]))
    inThreads(6) { number in
      do {
        let backlog = try Self.open(address)
        let worker = try backlog.join(Samples.worker("w\(number)"))
        while let claim = try backlog.claim(worker, Samples.room()).first {
          let answer = Samples.answer(of: claim.job.order)
          if try backlog.finish(claim, .done(answer)) { done.update { $0.append(claim.id) } }
        }
        backlog.close()
      } catch {
        errors.update { $0.append("\(error)") }
      }
    }
    #expect(errors.value.isEmpty, "\(errors.value)")
    #expect(done.value.count == 200 && Set(done.value).count == 200)
    let jobs = try first.all()
    #expect(jobs.allSatisfy { $0.state == .done && $0.epoch == 1 })
    first.close()
  }

  @Test
  func `PostgreSQL backlog: what one does, another hears`() async throws {
    guard let server = PostgresServer.shared else { return }
    let address = try server.address()
    let (one, other) = (try Self.open(address), try Self.open(address))
    let heard = Box<Set<Hint>>([])
    let stream = other.hints()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for await hint in stream { heard.update { $0.insert(hint) } } }
      // Until its ear is there, hints are lost.
      let isHeard = await eventually {
        _ = try? one.add(Samples.single(0, owner: "bob"))
        return heard.value.contains(.work)
      }
      #expect(isHeard)
      _ = try one.cancelWaiting(of: JobOwner(client: "bob"))
      let job = try one.add(Samples.single(1)).id
      let claim = try one.claimOne(try one.join(Samples.worker()))
      _ = try one.cancel(job, for: .all)
      _ = try one.finish(claim, .cancelled)
      #expect(await heard.until { $0.isSuperset(of: [.changed(job), .cancel(job)]) })
      other.close()
    }
    one.close()
  }

  @Test
  func `PostgreSQL backlog: while the server is away calls say so, and then they go on`() throws {
    guard let server = PostgresServer.shared else { return }
    let backlog = try Self.open(try server.address(), sweepsAfter: 45)
    let job = try backlog.add(Samples.single(1))
    let worker = try backlog.join(Samples.worker())
    let claim = try backlog.claimOne(worker)
    // A claim lasts with the next submission.
    _ = try backlog.add(Samples.single(3, owner: "bob"))
    server.stopAtOnce()
    do {
      _ = try backlog.add(Samples.single(2))
      Issue.record("taken by nobody")
    } catch BacklogError.away {}
    try server.start()
    var verdict: Verdict?
    // It waits half a second to eight before it tries again.
    for _ in 0..<200 where verdict == nil {
      verdict = try? backlog.beat(worker, [])
      if verdict == nil { usleep(100_000) }
    }
    #expect(verdict == .alive(held: [job.id], cancel: []))
    #expect(try backlog.sweep().isEmpty, "nobody is judged after an outage")
    #expect(try backlog.finish(claim, .done(Samples.answer(of: job.order))))
    #expect(try backlog.job(job.id).state == .done)
    backlog.close()
  }

  @Test
  func `PostgreSQL backlog: who stands still within a call holds up the others for seconds alone`()
    throws
  {
    guard let server = PostgresServer.shared else { return }
    let address = try server.address()
    // As a process that was stopped, with the batch's row locked.
    let (stands, isStanding) = (Box(false), Box(false))
    let still = try PostgresBacklog(
      at: address, policy: .leased, sweepsAfter: 0,
      seam: { seam in
        while seam == .written, stands.value {
          isStanding.value = true
          usleep(20_000)
        }
      })
    let other = try Self.open(address)
    _ = try still.enqueue(Samples.batch(0..<2))
    let mine = try still.claimOne(try still.join(Samples.worker("still")))
    let theirs = try other.claimOne(try other.join(Samples.worker("other")))
    stands.value = true
    let told = Box<String>("")
    let thread = Thread {
      do {
        told.value = "\(try still.finish(mine, .done(Samples.answer(of: mine.job.order))))"
      } catch {
        told.value = "\(error)"
      }
    }
    thread.start()
    while !isStanding.value { usleep(20_000) }
    #expect(try other.finish(theirs, .done(Samples.answer(of: theirs.job.order))))
    stands.value = false
    while told.value.isEmpty { usleep(20_000) }
    #expect(told.value.hasPrefix("away"), "\(told.value)")
    // Nothing of it was done, and it is done now.
    var isDone: Bool?
    for _ in 0..<200 where isDone == nil {
      isDone = try? still.finish(mine, .done(Samples.answer(of: mine.job.order)))
      if isDone == nil { usleep(100_000) }
    }
    #expect(isDone == true)
    #expect(try other.job(mine.id).state == .done)
    still.close()
    other.close()
  }

  @Test
  func `PostgreSQL backlog: tables of a later release are left alone`() throws {
    guard let server = PostgresServer.shared else { return }
    let address = try server.address()
    let backlog = try Self.open(address)
    try LaterRelease.widen(backlog, least: LaterRelease.version)
    backlog.close()
    #expect(throws: BacklogError.newerSchema(found: LaterRelease.version, known: Schema.version)) {
      try Self.open(address)
    }
  }

  @Test
  func `PostgreSQL backlog: one that cannot be opened leaves nothing that goes on trying`()
    throws
  {
    let listener = try Listener()
    #expect(throws: BacklogError.self) {
      try PostgresBacklog(at: "host=127.0.0.1 port=\(listener.port)", policy: .leased)
    }
    // Its own one; an ear would have come in the same moment, and again after half a second.
    #expect(listener.arrivals(within: 1500) == 1)
  }

  @Test
  func `SweepRight: who was not heard for 45 seconds judges nobody`() {
    var right = SweepRight(delay: 45)
    #expect(!right.mayJudge(at: 1000))
    for second in 0...9 { right.beat(at: Double(5 * second), isHeard: true) }
    #expect(right.mayJudge(at: 45) && !right.mayJudge(at: 44.9))
    // One heartbeat that is not heard says nothing of the others: none of them is late for it.
    right.beat(at: 50, isHeard: false)
    #expect(right.mayJudge(at: 57) && !right.mayJudge(at: 57.1) && !right.mayJudge(at: 200))
    right.beat(at: 56, isHeard: true)
    #expect(right.mayJudge(at: 56))
    // After a longer silence all may have been silent.
    for second in 0...9 { right.beat(at: 70 + Double(5 * second), isHeard: true) }
    #expect(!right.mayJudge(at: 114.9) && right.mayJudge(at: 115))
    right.lose()
    #expect(!right.mayJudge(at: 116))
    right.beat(at: 116, isHeard: true)
    #expect(!right.mayJudge(at: 120))
  }
}
