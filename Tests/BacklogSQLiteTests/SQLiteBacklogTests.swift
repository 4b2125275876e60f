import Backlog
import BacklogLaws
import BacklogSQL
import BacklogSQLite
import Foundation
import Support
import Synchronization
import Testing

@Suite("SQLite backlog, file", .timeLimit(.minutes(2))) struct SQLiteBacklogTests {
  @Test
  func `SQLite backlog: what ran in a process that ended waits again, and fails the third time`()
    throws
  {
    let folder = try JobsFolder()
    var backlog = try folder.open()
    let id = try backlog.add(Samples.single(1)).id
    let other = try backlog.add(Samples.single(2, owner: "bob")).id
    var workers: [String] = []
    for losses in 1...3 {
      let worker = try backlog.join(Samples.worker())
      workers.append(worker.name)
      let claim = try backlog.claimOne(worker)
      #expect(claim.id == id)
      backlog.close()
      backlog = try folder.open()
      #expect(backlog.recovered.requeued == (losses < 3 ? 1 : 0))
      #expect(try backlog.job(id).losses == losses)
      #expect(try !backlog.finish(claim, .done(Samples.answer(of: claim.job.order))))
    }
    let job = try backlog.job(id)
    #expect(job.isWorkerLost && job.lostWorkers == workers)
    #expect(try backlog.job(other).state == .waiting)
    backlog.close()
  }

  @Test
  func `SQLite backlog: it is the same after it was closed and opened`() throws {
    let folder = try JobsFolder()
    let backlog = try folder.open()
    _ = try backlog.enqueue(Samples.batch(0..<20, name: "steel"))
    let worker = try backlog.join(Samples.worker())
    for claim in try backlog.claim(worker, Samples.room(5)) {
      _ = try backlog.finish(claim, .done(Samples.answer(of: claim.job.order)))
    }
    let (jobs, counts) = (try backlog.all(), try backlog.counts())
    backlog.close()
    let again = try folder.open()
    #expect(try again.all() == jobs && again.counts().jobs == counts.jobs)
    #expect(try again.counts().workers == 0 && again.recovered.gone == 1)
    #expect(try again.problems().isEmpty)
    again.close()
  }

  @Test
  func `SQLite backlog: one process has it`() throws {
    let folder = try JobsFolder()
    let backlog = try folder.open()
    #expect(throws: BacklogError.inUse(path: folder.path)) { try folder.open() }
    #expect(try backlog.counts() == BacklogCounts())
    backlog.close()
    #expect(throws: BacklogError.closed) { try backlog.counts() }
    #expect(backlog.failure == .closed)
    try folder.open().close()
  }

  @Test
  func `SQLite backlog: file systems of a network are known by name`() {
    #expect(NetworkFileSystem.name(ofType: 0x6969) == "NFS")
    #expect(NetworkFileSystem.name(ofType: 0xFE53_4D42) == "SMB2")
    // The same as a file's 32 bits give it, with its sign.
    #expect(NetworkFileSystem.name(ofType: -28_095_166) == "SMB2")
    #expect(NetworkFileSystem.name(of: "/proc") == nil)
    #expect(NetworkFileSystem.name(of: "/nowhere/at/all") == nil)
  }

  @Test
  func `SQLite backlog: tables of a later release are left alone`() throws {
    let folder = try JobsFolder()
    let backlog = try folder.open()
    try folder.widen(backlog, least: LaterRelease.version)
    backlog.close()
    #expect(throws: BacklogError.newerSchema(found: LaterRelease.version, known: Schema.version)) {
      try folder.open()
    }
    // As by a release that says nothing about it.
    let other = try JobsFolder()
    let told = try other.open()
    try other.widen(told, least: nil)
    told.close()
    #expect(throws: BacklogError.newerSchema(found: LaterRelease.version, known: Schema.version)) {
      try other.open()
    }
  }

  @Test
  func `SQLite backlog: a file that is none is refused, and a damaged one is given up`() throws {
    let folder = try JobsFolder()
    try Data(
      "no database, but long enough to be looked at: \(String(repeating: "x", count: 5000))".utf8
    )
    .write(to: URL(filePath: folder.path))
    #expect(throws: BacklogError.self) { try folder.open() }
    try FileManager.default.removeItem(atPath: folder.path)
    let backlog = try folder.open()
    _ = try backlog.enqueue(Samples.batch(0..<500))
    backlog.close()
    var bytes = try Data(contentsOf: URL(filePath: folder.path))
    // All pages but the first.
    bytes.resetBytes(in: 4096..<bytes.count)
    try bytes.write(to: URL(filePath: folder.path))
    var failure: BacklogError?
    do {
      let damaged = try folder.open()
      do { _ = try damaged.all() } catch let error as BacklogError { failure = error }
      #expect(throws: try #require(failure)) { try damaged.enqueue(Samples.single(1)) }
      #expect(damaged.failure == failure)
      damaged.close()
    } catch let error as BacklogError {
      failure = error
    }
    guard case .broken = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  @Test
  func `SQLite backlog: an export is a backlog, and takes nobody's place`() throws {
    let folder = try JobsFolder()
    let backlog = try folder.open()
    _ = try backlog.enqueue(Samples.batch(0..<20))
    let other = try JobsFolder()
    try backlog.export(to: other.path)
    #expect {
      try backlog.export(to: other.path)
    } throws: { error in
      if case BacklogError.away(let reason) = error { reason.contains("exists") } else { false }
    }
    #expect(backlog.failure == nil)
    let copy = try other.open()
    #expect(try copy.all() == backlog.all() && copy.problems().isEmpty)
    copy.close()
    backlog.close()
  }

  @Test
  func `SQLite backlog: calls that wait share a transaction, and a refusal is undone alone`() throws
  {
    let folder = try JobsFolder()
    let (gate, transactions) = (DispatchSemaphore(value: 0), Box(0))
    let backlog = try SQLiteBacklog(
      at: folder.path, policy: BacklogPolicy(),
      seam: { seam in
        guard seam == .before else { return }
        transactions.update { $0 += 1 }
        if transactions.value == 1 { gate.wait() }
      })
    let results = Box<[Int: Bool]>([:])
    inThreads(10) { number in
      // The first is in its transaction while the others come.
      while number > 0, transactions.value == 0 { usleep(1000) }
      if number == 9 {
        while backlog.waitingCount < 8 { usleep(1000) }
        return _ = gate.signal()
      }
      // Three have the same key and another content each.
      let print = Submission.Key("k", print: Samples.digest("\(number)"))
      let submission = Samples.batch(10 * number..<10 * number + 5, key: number > 5 ? print : nil)
      // One is refused after it has written.
      let call = { (refuses: Bool) in
        try backlog.transaction(.durable) { backlog, now throws(BacklogError) in
          _ = try backlog.enqueue(submission, at: now)
          if refuses { throw .keyReused }
        }
      }
      let isTaken = (try? call(number == 4)) != nil
      results.update { $0[number] = isTaken }
    }
    #expect(transactions.value == 2, "\(transactions.value) transactions")
    #expect(results.value.values.count { $0 } == 6, "\(results.value)")
    #expect(try backlog.all().count == 30)
    backlog.close()
  }
}
