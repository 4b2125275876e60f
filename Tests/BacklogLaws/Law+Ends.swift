import Backlog

extension Law {
  static let ends = [
    Law("L2: a job is finished once, with the answer that came first") { backlog, clock in
      let job = try backlog.add(Samples.single(1))
      let worker = try backlog.join(Samples.worker())
      let claim = try backlog.claimOne(worker)
      clock.advance(by: 8)
      let answer = Samples.answer(of: job.order)
      try require(try backlog.finish(claim, .done(answer)), "fenced")
      let done = try backlog.job(job.id)
      try require(done.state == .done && done.answer == answer && done.ended == clock.now, "done")
      try require(done.expires == clock.now.advanced(by: BacklogPolicy().kept), "kept")
      // The same claim again: only its answer had been lost.
      try require(try backlog.finish(claim, .done(answer)), "a repetition is refused")
      try require(try backlog.finish(claim, .failed(problem: "{}")), "a repetition is refused")
      try require(!(try backlog.release(claim)), "released after its end")
      try require(try backlog.job(job.id) == done, "changed")
    },
    Law("what would fail again fails at once") { backlog, _ in
      let job = try backlog.add(Samples.single(1))
      let claim = try backlog.claimOne(try backlog.join(Samples.worker()))
      _ = try backlog.finish(claim, .failed(problem: #"{"status":422}"#))
      let failed = try backlog.job(job.id)
      try require(failed.state == .failed && failed.problem == #"{"status":422}"#, "problem")
      try require(!failed.isWorkerLost && failed.answer == nil, "kind of failure")
    },
    Law("L4: what may pass is tried again after growing times, and fails after five") {
      backlog, clock in
      let job = try backlog.add(Samples.single(1))
      let worker = try backlog.join(Samples.worker())
      for tries in 1...5 {
        let claim = try backlog.claimOne(worker)
        _ = try backlog.finish(claim, .retry(problem: #"{"try":\#(tries)}"#))
        let waiting = try backlog.job(job.id)
        try require(waiting.state == .waiting && waiting.tries == tries, "\(waiting.tries)")
        let delay = Double(1 << tries)
        try require(waiting.notBefore == clock.now.advanced(by: delay), "delay")
        clock.advance(by: delay - 0.001)
        try require(try backlog.claim(worker, Samples.room()).isEmpty, "too early")
        clock.advance(by: 0.001)
        _ = try backlog.beat(worker, [])
      }
      let claim = try backlog.claimOne(worker)
      _ = try backlog.finish(claim, .retry(problem: #"{"try":6}"#))
      let failed = try backlog.job(job.id)
      try require(failed.state == .failed && failed.problem == #"{"try":6}"#, "not failed")
      try require(failed.epoch == 6 && failed.tries == 5, "\(failed.epoch) starts")
    },
    Law("what was stopped without a wish waits again") { backlog, _ in
      let job = try backlog.add(Samples.single(1))
      let worker = try backlog.join(Samples.worker())
      _ = try backlog.finish(try backlog.claimOne(worker), .cancelled)
      try require(try backlog.job(job.id).state == .waiting, "cancelled unasked")
      _ = try backlog.claimOne(worker)
    },
  ]

  static let deaths = [
    Law("L5: a job waits again when its worker's lease has ended, and not before") {
      backlog, clock in
      let job = try backlog.add(Samples.single(1))
      let (dead, living) = (
        try backlog.join(Samples.worker("dead")), try backlog.join(Samples.worker("living"))
      )
      let claim = try backlog.claimOne(dead)
      for _ in 0..<6 {
        clock.advance(by: 5)
        _ = try backlog.beat(living, [])
        try require(try backlog.sweep().isEmpty, "swept early")
      }
      try require(try backlog.job(job.id).state == .running, "lost early")
      clock.advance(by: 0.001)
      let swept = try backlog.sweep()
      try require(swept.gone == 1 && swept.requeued == 1, "\(swept)")
      let waiting = try backlog.job(job.id)
      try require(waiting.state == .waiting && waiting.losses == 1, "\(waiting)")
      try require(waiting.lostWorkers == [dead.name] && waiting.worker == nil, "whose")
      try require(try backlog.beat(dead, []) == .gone, "alive")
      try require(!(try backlog.finish(claim, .done(Samples.answer(of: job.order)))), "late")
      try require(try backlog.claim(dead, Samples.room()).isEmpty, "the dead claim")
      try require(try backlog.claimOne(living).epoch == 2, "epoch")
    },
    Law("L10: a sweep repeated changes nothing") { backlog, clock in
      _ = try backlog.enqueue(Samples.batch(0..<3))
      let worker = try backlog.join(Samples.worker())
      _ = try backlog.claim(worker, Samples.room(2))
      clock.advance(by: 31)
      _ = try backlog.sweep()
      let jobs = try backlog.all()
      for _ in 0..<3 { try require(try backlog.sweep().isEmpty, "swept again") }
      try require(try backlog.all() == jobs, "changed")
    },
    Law("L4: the third loss ends a job, which then names its workers") { backlog, clock in
      let id = try backlog.add(Samples.single(1)).id
      var names: [String] = []
      for losses in 1...3 {
        let worker = try backlog.join(Samples.worker())
        names.append(worker.name)
        _ = try backlog.claimOne(worker)
        clock.advance(by: 31)
        _ = try backlog.sweep()
        try require(try backlog.job(id).losses == losses, "losses")
      }
      let job = try backlog.job(id)
      try require(job.state == .failed && job.isWorkerLost && job.lostWorkers == names, "\(job)")
    },
    Law("a suspect runs alone") { backlog, clock in
      let suspect = try backlog.add(Samples.single(1)).id
      _ = try backlog.claimOne(try backlog.join(Samples.worker()))
      clock.advance(by: 31)
      _ = try backlog.sweep()
      _ = try backlog.enqueue(Samples.batch(2..<5))
      let worker = try backlog.join(Samples.worker())
      let busy = Samples.room(2, isIdle: false)
      try require(try backlog.claim(worker, busy).isEmpty, "beside others")
      try require(try backlog.claim(worker, Samples.room(2)).map(\.id) == [suspect], "not alone")
      try require(try backlog.claim(worker, busy).count == 2, "no suspect left")
    },
  ]
}
