import Backlog

extension Law {
  static let batches = [
    Law("L11: a batch counts its jobs, and ends with the last") { backlog, clock in
      guard let batch = try backlog.enqueue(Samples.batch(0..<5, name: "steel")).batch else {
        throw BrokenLaw("L11", "no batch")
      }
      try require(batch.name == "steel" && batch.total == 5 && batch.ended == nil, "\(batch)")
      try require(batch.remainder == .init(waiting: 5, running: 0, seconds: 40), "remainder")
      let worker = try backlog.join(Samples.worker())
      let claims = try backlog.claim(worker, Samples.room(3))
      let ends: [JobOutcome] = [
        .done(Samples.answer(of: claims[0].job.order)), .failed(problem: "{}"),
      ]
      for (claim, outcome) in zip(claims, ends) { _ = try backlog.finish(claim, outcome) }
      let members = try backlog.list(JobQuery(scope: .all, order: .members(of: batch.id))).jobs
      _ = try backlog.cancel(members[4].id, for: .all)
      let middle = try current(batch.id, in: backlog)
      try require((middle.done, middle.failed, middle.cancelled) == (1, 1, 1), "\(middle)")
      try require(middle.remainder == .init(waiting: 1, running: 1, seconds: 16), "\(middle)")
      try require(middle.version == batch.version + 3 && middle.ended == nil, "version")
      clock.advance(by: 5)
      let cancelled = try backlog.cancelBatch(batch.id, for: .all)
      try require(cancelled?.isCancelWished == true && cancelled?.cancelled == 2, "cancel")
      try require(try backlog.job(claims[2].id).isCancelWished, "the running one goes on")
      _ = try backlog.finish(claims[2], .cancelled)
      let end = try current(batch.id, in: backlog)
      try require(end.cancelled == 3 && end.endedCount == 5 && end.ended == clock.now, "\(end)")
      try require(end.remainder == .init(), "something is left")
      let again = try backlog.cancelBatch(batch.id, for: .all)
      try require(again == end, "an ended batch changed")
      let done = try backlog.job(claims[0].id)
      try require(done.expires == end.expires && end.expires != nil, "members stay as long")
    },
    Law("an ended job is forgotten, a live one is not") { backlog, _ in
      let job = try backlog.add(Samples.single(1, key: .init("k", print: Samples.digest("p"))))
      try require(try backlog.forget(job.id, for: .all) == .live(job), "a live one")
      let claim = try backlog.claimOne(try backlog.join(Samples.worker()))
      _ = try backlog.finish(claim, .failed(problem: "{}"))
      try require(try backlog.forget(job.id, for: .all) == .forgotten, "an ended one")
      try require(try backlog.document(job.id, for: .all) == nil, "still there")
      try require(try backlog.forget(job.id, for: .all) == nil, "forgotten twice")
      try require(try backlog.all().isEmpty && backlog.counts().jobs.isEmpty, "counted")
      // Its key is free.
      let key = Submission.Key("k", print: Samples.digest("other"))
      try require(!(try backlog.enqueue(Samples.single(2, key: key)).isReplayed), "key")
    },
    Law("L11: a member that is forgotten is counted no longer") { backlog, _ in
      guard let id = try backlog.enqueue(Samples.batch(0..<2)).batch?.id else {
        throw BrokenLaw("L11", "no batch")
      }
      let claims = try backlog.claim(try backlog.join(Samples.worker()), Samples.room(2))
      for claim in claims {
        _ = try backlog.finish(claim, .done(Samples.answer(of: claim.job.order)))
      }
      _ = try backlog.forget(claims[0].id, for: .all)
      let batch = try current(id, in: backlog)
      try require(batch.total == 1 && batch.done == 1, "\(batch)")
      try require(try backlog.forgetBatch(id, for: .all) == .forgotten, "live")
      try require(try backlog.batch(id, for: .all) == nil && backlog.all().isEmpty, "there")
    },
    Law("a live batch is not forgotten") { backlog, _ in
      guard let batch = try backlog.enqueue(Samples.batch(0..<2)).batch else {
        throw BrokenLaw("batch", "no batch")
      }
      try require(try backlog.forgetBatch(batch.id, for: .all) == .live(batch), "forgotten")
    },
  ]

  private static func current(
    _ id: BatchID, in backlog: any JobBacklog
  ) throws -> BatchDocument {
    guard let batch = try backlog.batch(id, for: .all) else { throw BrokenLaw("batch", "none") }
    return batch
  }
}
