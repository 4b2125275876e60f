import Backlog

extension Law {
  static let wishes = [
    Law("L6: a cancelled waiting job never starts, and costs its owner nothing") { backlog, _ in
      let job = try backlog.add(Samples.single(1, seconds: 1000))
      let cancelled = try backlog.cancel(job.id, for: .owned(job.owner))
      try require(cancelled?.state == .cancelled && cancelled?.isCancelWished == true, "state")
      try require(cancelled == (try backlog.job(job.id)), "another document")
      let worker = try backlog.join(Samples.worker())
      try require(try backlog.claim(worker, Samples.room()).isEmpty, "started")
      let bob = try backlog.add(Samples.single(2, owner: "bob")).id
      let ada = try backlog.add(Samples.single(3, owner: "ada")).id
      let cy = try backlog.add(Samples.single(4, owner: "cy")).id
      let order = try (0..<3).map { _ in try backlog.claimOne(worker).id }
      try require(order == [bob, ada, cy], "charged for what never ran")
    },
    Law("L6: a running job is stopped by its worker") { backlog, _ in
      let job = try backlog.add(Samples.single(1))
      let worker = try backlog.join(Samples.worker())
      let claim = try backlog.claimOne(worker)
      let wished = try backlog.cancel(job.id, for: .all)
      try require(wished?.state == .running && wished?.isCancelWished == true, "state")
      try require(wished?.version == claim.job.version + 1, "version")
      let again = try backlog.cancel(job.id, for: .all)
      try require(again == wished, "a second wish changes")
      try require(
        try backlog.beat(worker, []) == .alive(held: [job.id], cancel: [job.id]), "not told")
      try require(try backlog.finish(claim, .cancelled), "fenced")
      try require(try backlog.job(job.id).state == .cancelled, "state")
    },
    Law("a job that was done before it could be stopped is done") { backlog, _ in
      let job = try backlog.add(Samples.single(1))
      let claim = try backlog.claimOne(try backlog.join(Samples.worker()))
      _ = try backlog.cancel(job.id, for: .all)
      _ = try backlog.finish(claim, .done(Samples.answer(of: job.order)))
      try require(try backlog.job(job.id).state == .done, "state")
      let late = try backlog.cancel(job.id, for: .all)
      try require(late == (try backlog.job(job.id)) && late?.state == .done, "cancelled after all")
    },
    Law("a cancelled job whose worker dies, gives up or retries is cancelled") { backlog, clock in
      let ends: [(any JobBacklog, Claim) throws -> Void] = [
        { _ = try $0.release($1) }, { _ = try $0.finish($1, .retry(problem: "{}")) },
        { try $0.leave($1.worker) },
        { backlog, _ in
          clock.advance(by: 31)
          try require(try backlog.sweep().cancelled == 1, "not counted")
        },
      ]
      for (number, end) in ends.enumerated() {
        let id = try backlog.add(Samples.single(number)).id
        let claim = try backlog.claimOne(try backlog.join(Samples.worker()))
        _ = try backlog.cancel(id, for: .all)
        try end(backlog, claim)
        try require(try backlog.job(id).state == .cancelled, "end \(number)")
      }
    },
    Law("L12: what another owns is as absent as what was never there") { backlog, _ in
      let batch = try backlog.enqueue(Samples.batch(0..<3)).batch
      guard let batch else { throw BrokenLaw("L12", "no batch") }
      let members = try backlog.all()
      let unknown = JobID(at: Timestamp(milliseconds: 1), random: Array(0..<10))
      let unknownBatch = BatchID(at: Timestamp(milliseconds: 1), random: Array(0..<10))
      for scope in [JobScope.owned(JobOwner(client: "bob")), .owned(.anonymous)] {
        for id in [members[0].id, unknown] {
          try require(try backlog.document(id, for: scope) == nil, "document")
          try require(try backlog.cancel(id, for: scope) == nil, "cancel")
          try require(try backlog.forget(id, for: scope) == nil, "forget")
        }
        for id in [batch.id, unknownBatch] {
          try require(try backlog.batch(id, for: scope) == nil, "batch")
          try require(try backlog.cancelBatch(id, for: scope) == nil, "cancel batch")
          try require(try backlog.forgetBatch(id, for: scope) == nil, "forget batch")
          let page = try backlog.list(JobQuery(scope: scope, order: .members(of: id)))
          try require(page == JobPage(jobs: [], next: nil), "members")
        }
        try require(try backlog.list(JobQuery(scope: scope)).jobs.isEmpty, "list")
      }
      try require(try backlog.all() == members, "changed")
    },
    Law("L12: what another owns takes as long as what was never there") { backlog, _ in
      let batches = try (0..<4).map { number in
        try backlog.enqueue(Samples.batch(1000 * number..<1000 * (number + 1))).batch
      }
      guard let batch = batches[0], let job = try backlog.all().last else {
        throw BrokenLaw("L12", "no batch")
      }
      let unknown = (
        job: JobID(at: Timestamp(milliseconds: 1), random: Array(0..<10)),
        batch: BatchID(at: Timestamp(milliseconds: 1), random: Array(0..<10))
      )
      let bob = JobScope.owned(JobOwner(client: "bob"))
      let calls: [(name: String, call: (JobID, BatchID) throws -> Void)] = [
        ("document", { id, _ in _ = try backlog.document(id, for: bob) }),
        ("cancel", { id, _ in _ = try backlog.cancel(id, for: bob) }),
        ("forget", { id, _ in _ = try backlog.forget(id, for: bob) }),
        ("batch", { _, id in _ = try backlog.batch(id, for: bob) }),
        ("cancel batch", { _, id in _ = try backlog.cancelBatch(id, for: bob) }),
        ("forget batch", { _, id in _ = try backlog.forgetBatch(id, for: bob) }),
        (
          "members",
          { _, id in _ = try backlog.list(JobQuery(scope: bob, order: .members(of: id))) }
        ),
        (
          "named members",
          { _, id in
            _ = try backlog.list(
              JobQuery(scope: bob, order: .members(of: id), states: [.done], name: "x"))
          }
        ),
      ]
      for (name, call) in calls {
        // In turn, and the quickest of each: what else the machine does only adds.
        var (another, none) = (Duration.seconds(60), Duration.seconds(60))
        for _ in 0..<15 {
          another = min(another, try ContinuousClock().measure { try call(job.id, batch.id) })
          none = min(none, try ContinuousClock().measure { try call(unknown.job, unknown.batch) })
        }
        try require(another < none * 2 + .milliseconds(1), "\(name): \(another), none \(none)")
      }
    },
    Law("a removed owner's waiting jobs are cancelled, running ones go on") { backlog, _ in
      _ = try backlog.enqueue(Samples.batch(0..<4))
      let bob = try backlog.add(Samples.single(9, owner: "bob")).id
      let claim = try backlog.claimOne(try backlog.join(Samples.worker()))
      try require(try backlog.cancelWaiting(of: JobOwner(client: "ada")) == 3, "count")
      let states = try backlog.all().map(\.state)
      try require(states.count { $0 == .cancelled } == 3, "\(states)")
      try require(try backlog.job(claim.id).isCancelWished == false, "wished")
      try require(try backlog.job(bob).state == .waiting, "another's")
    },
  ]
}
