import Backlog

extension Law {
  static let claims = [
    Law("L3: each claim raises the epoch by one") { backlog, _ in
      let id = try backlog.add(Samples.single(1)).id
      let worker = try backlog.join(Samples.worker())
      for epoch in 1...4 {
        let claim = try backlog.claimOne(worker)
        try require(claim.epoch == epoch && claim.id == id, "\(claim.epoch)")
        try require(claim.job == (try backlog.job(id)), "another document")
        try require(claim.job.state == .running && claim.job.worker == worker.name, "state")
        try require(try backlog.release(claim), "not released")
      }
      try require(try backlog.job(id).losses == 0, "counted")
    },
    Law("L3: a late or foreign write changes nothing") { backlog, _ in
      let job = try backlog.add(Samples.single(1))
      let (one, other) = (
        try backlog.join(Samples.worker()), try backlog.join(Samples.worker())
      )
      let old = try backlog.claimOne(one)
      _ = try backlog.release(old)
      let new = try backlog.claimOne(other)
      let before = try backlog.job(job.id)
      let answer = Samples.answer(of: job.order)
      for claim in [old, Claim(worker: one, job: new.job), Claim(worker: other, job: old.job)] {
        let outcomes: [JobOutcome] = [
          .done(answer), .failed(problem: "{}"), .retry(problem: "{}"), .cancelled,
        ]
        for outcome in outcomes {
          try require(!(try backlog.finish(claim, outcome)), "\(outcome) by \(claim)")
        }
        try require(!(try backlog.release(claim)), "release by \(claim)")
      }
      try require(try backlog.job(job.id) == before, "changed")
      try require(try backlog.finish(new, .done(answer)), "fenced")
    },
    Law("a claim takes what fits, and short jobs for two seconds of each runner") { backlog, _ in
      let worker = try backlog.join(Samples.worker())
      _ = try backlog.enqueue(Samples.batch(0..<10, seconds: 0.5))
      try require(try backlog.claim(worker, Samples.room(1)).count == 4, "short jobs")
      try require(try backlog.claim(worker, Samples.room(2, isIdle: false)).count == 6, "the rest")
      var room = Samples.room(3)
      (room.bytes, room.secondsLeft) = (3000, 9)
      let sizes = [(8, 2000), (8, 4000), (10, 100), (8, 1000), (8, 1)]
      for (number, size) in sizes.enumerated() {
        _ = try backlog.add(
          Submission(
            owner: .anonymous, jobClass: .batch,
            jobs: [Samples.order(20 + number, seconds: Double(size.0), bytes: size.1)]))
      }
      let taken = try backlog.claim(worker, room).map(\.job.order.bytes)
      try require(taken == [2000, 1000], "\(taken)")
      room.weights = ["others"]
      try require(try backlog.claim(worker, room).isEmpty, "without weights")
    },
    Law("equal work is not begun where it is under way elsewhere") { backlog, _ in
      for owner in ["ada", "bob"] { _ = try backlog.add(Samples.single(1, owner: owner)) }
      let (one, other) = (
        try backlog.join(Samples.worker()), try backlog.join(Samples.worker())
      )
      let claim = try backlog.claimOne(one)
      try require(try backlog.claim(other, Samples.room()).isEmpty, "computed twice")
      _ = try backlog.finish(claim, .done(Samples.answer(of: claim.job.order)))
      _ = try backlog.claimOne(other)
    },
    Law("a worker holds what it claimed, also where the answer was lost") { backlog, _ in
      _ = try backlog.enqueue(Samples.batch(0..<3))
      let worker = try backlog.join(Samples.worker())
      let claims = try backlog.claim(worker, Samples.room(2))
      try require(try backlog.held(by: worker) == claims && claims.count == 2, "held")
      try require(
        try backlog.beat(worker, []) == .alive(held: claims.map(\.id), cancel: []), "beat")
      let stranger = Incarnation(name: "stranger")
      try require(try backlog.held(by: stranger).isEmpty, "a stranger's")
      try require(try backlog.claim(stranger, Samples.room()).isEmpty, "a stranger claims")
      try require(try backlog.beat(stranger, []) == .gone, "a stranger lives")
    },
    Law("a worker that leaves releases what it holds, uncounted") { backlog, _ in
      _ = try backlog.enqueue(Samples.batch(0..<2))
      let worker = try backlog.join(Samples.worker())
      let claims = try backlog.claim(worker, Samples.room(2))
      _ = try backlog.cancel(claims[1].id, for: .all)
      try backlog.leave(worker)
      let jobs = try claims.map { try backlog.job($0.id) }
      try require(jobs.map(\.state) == [.waiting, .cancelled], "\(jobs.map(\.state))")
      try require(jobs.allSatisfy { $0.losses == 0 && $0.tries == 0 }, "counted")
      try require(try backlog.beat(worker, []) == .gone, "alive")
      try require(try backlog.claim(worker, Samples.room()).isEmpty, "claims")
    },
    Law("progress is told while the job runs") { backlog, _ in
      let id = try backlog.add(Samples.single(1)).id
      let worker = try backlog.join(Samples.worker())
      let claim = try backlog.claimOne(worker)
      let progress = JobProgress(job: id, done: 3, total: 12)
      _ = try backlog.beat(worker, [progress])
      try require(try backlog.job(id).progress == progress, "none")
      try require(try backlog.job(id).version == claim.job.version, "a new version")
      _ = try backlog.release(claim)
      try require(try backlog.job(id).progress == nil, "of a waiting job")
    },
  ]
}
