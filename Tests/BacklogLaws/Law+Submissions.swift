import Backlog

extension Law {
  static let submissions = [
    Law("a submission is there as it was ordered") { backlog, clock in
      let order = Samples.order(1, name: "a.tif")
      let job = try backlog.add(
        Submission(
          owner: JobOwner(client: "ada"), jobClass: .interactive, jobs: [order], cancelAfter: 60,
          trace: "00-1-2-01"))
      try require(job == (try backlog.job(job.id)), "another document")
      try require(job.order == order && job.trace == "00-1-2-01", "another order")
      try require(job.state == .waiting && job.epoch == 0 && job.jobClass == .interactive, "state")
      try require(job.created == clock.now && job.started == nil && job.ended == nil, "times")
      try require(job.expires == clock.now.advanced(by: 60), "\(String(describing: job.expires))")
      try require(job.batch == nil && job.place == nil && job.owner.client == "ada", "whose")
    },
    Law("an order without image or name, of the anonymous") { backlog, _ in
      var order = Samples.order(1)
      (order.image, order.payload) = (nil, Samples.digest("payload"))
      let job = try backlog.add(
        Submission(owner: .anonymous, jobClass: .batch, jobs: [order]))
      try require(try backlog.job(job.id).order == order && job.owner == .anonymous, "order")
    },
    Law("a submission repeated under its key is the first one") { backlog, _ in
      let key = Submission.Key("k", print: Samples.digest("print"))
      let first = try backlog.enqueue(Samples.single(1, key: key))
      let second = try backlog.enqueue(Samples.single(1, key: key))
      try require(!first.isReplayed && second.isReplayed && first.content == second.content, "one")
      let third = try backlog.enqueue(Samples.single(1, owner: "bob", key: key))
      try require(!third.isReplayed, "another owner's key is another")
      let batchKey = Submission.Key("b", print: Samples.digest("print"))
      let batch = try backlog.enqueue(Samples.batch(5..<9, key: batchKey))
      let again = try backlog.enqueue(Samples.batch(5..<9, key: batchKey))
      try require(again.isReplayed && again.content == batch.content, "batch")
      try require(try backlog.all().count == 6, "other jobs")
    },
    Law("a key stands for one submission") { backlog, _ in
      let key = Submission.Key("k", print: Samples.digest("print"))
      _ = try backlog.enqueue(Samples.single(1, key: key))
      let other = Submission.Key("k", print: Samples.digest("other"))
      for submission in [Samples.single(2, key: other), Samples.batch(3..<5, key: other)] {
        try refuses(.keyReused) { _ = try backlog.enqueue(submission) }
      }
      try require(try backlog.all().count == 1, "more")
    },
    Law("an owner's live jobs are limited, and nothing of a refused batch is taken", policy: small)
    {
      backlog, _ in
      _ = try backlog.enqueue(Samples.batch(0..<3))
      try refuses(.ownerFull(limit: 4, live: 3, retryAfter: 8)) {
        _ = try backlog.enqueue(Samples.batch(3..<5))
      }
      try require(try backlog.all().count == 3, "taken")
      let worker = try backlog.join(Samples.worker())
      let claim = try backlog.claimOne(worker)
      _ = try backlog.finish(claim, .done(Samples.answer(of: claim.job.order)))
      try require(try backlog.liveCount(of: JobOwner(client: "ada")) == 2, "live")
      _ = try backlog.enqueue(Samples.batch(3..<5))
      try refuses(.full(limit: 6)) {
        _ = try backlog.enqueue(Samples.batch(5..<8, owner: "bob"))
      }
      try refuses(.tooManyJobs(count: 5, limit: 4)) {
        _ = try backlog.enqueue(Samples.batch(0..<5, owner: "eve"))
      }
      try require(try backlog.all().count == 5, "taken")
    },
  ]

  private static var small: BacklogPolicy {
    var policy = BacklogPolicy.leased
    (policy.ownerJobs, policy.jobs, policy.submissionJobs) = (4, 6, 4)
    return policy
  }

  /// Throws unless something is refused so.
  static func refuses(_ error: BacklogError, _ call: () throws -> Void) throws {
    do {
      try call()
    } catch let refusal as BacklogError {
      return try require(refusal == error, "\(refusal) instead of \(error)")
    }
    throw BrokenLaw("refusal", "none of \(error)")
  }
}
