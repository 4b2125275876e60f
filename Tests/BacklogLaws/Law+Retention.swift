import Backlog

extension Law {
  static let retention = [
    Law("a job that has not started by its deadline expires", policy: short) { backlog, clock in
      let late = try backlog.add(Samples.single(1, cancelAfter: 10)).id
      let inTime = try backlog.add(Samples.single(2, owner: "bob", cancelAfter: 10)).id
      let worker = try backlog.join(Samples.worker())
      _ = try backlog.cancel(late, for: .all)
      let expiring = try backlog.add(Samples.single(3, cancelAfter: 10)).id
      try require(try backlog.claimOne(worker).id == inTime, "order")
      clock.advance(by: 9.999)
      try require(try backlog.sweep().expired == 0, "early")
      clock.advance(by: 0.001)
      try require(try backlog.sweep().expired == 1, "late")
      try require(try backlog.job(expiring).state == .expired, "state")
      try require(try backlog.job(inTime).state == .running, "one that runs")
    },
    Law("a job whose weights nobody has expires after a time", policy: short) { backlog, clock in
      let order = Samples.order(1, weights: "rare")
      let rare = try backlog.add(
        Submission(owner: .anonymous, jobClass: .batch, jobs: [order])
      ).id
      let usual = try backlog.add(Samples.single(2)).id
      let worker = try backlog.join(Samples.worker())
      for _ in 0..<3 {
        clock.advance(by: 20)
        _ = try backlog.beat(worker, [])
        try require(try backlog.job(rare).state == .waiting, "early")
        _ = try backlog.sweep()
      }
      try require(try backlog.job(rare).state == .expired, "still waiting")
      try require(try backlog.job(usual).state == .waiting, "one that is served")
    },
    Law("a job of a place where nobody works now does not expire", policy: short) {
      backlog, clock in
      let order = Samples.order(1, weights: "rare@there")
      let job = try backlog.add(
        Submission(owner: .anonymous, jobClass: .batch, jobs: [order])
      ).id
      let worker = try backlog.join(Samples.worker(weights: ["rare", "rare@here"]))
      for _ in 0..<5 {
        clock.advance(by: 20)
        _ = try backlog.beat(worker, [])
        _ = try backlog.sweep()
        try require(try backlog.job(job).state == .waiting, "it may come back")
      }
      // Somebody is there, and has other weights.
      _ = try backlog.join(Samples.worker("v", weights: ["usual@there"]))
      try require(try backlog.sweep().expired == 1, "still waiting")
    },
    Law("ended jobs are deleted after their time, batches with all of theirs", policy: short) {
      backlog, clock in
      let worker = try backlog.join(Samples.worker())
      _ = try backlog.add(Samples.single(1))
      guard let batch = try backlog.enqueue(Samples.batch(2..<9)).batch else {
        throw BrokenLaw("retention", "no batch")
      }
      for claim in try backlog.claim(worker, Samples.room(3)) {
        _ = try backlog.finish(claim, .done(Samples.answer(of: claim.job.order)))
      }
      _ = try backlog.sweep()
      for _ in 0..<10 {
        clock.advance(by: 10)
        _ = try backlog.beat(worker, [])
        _ = try backlog.sweep()
      }
      // The single is gone; the batch lives on with all of its jobs.
      try require(try backlog.all().count == 7, "other jobs")
      _ = try backlog.cancelBatch(batch.id, for: .all)
      for _ in 0..<10 {
        clock.advance(by: 10)
        try require(try backlog.sweep().deleted <= 2, "too many at once")
      }
      try require(try backlog.all().isEmpty, "jobs are left")
      clock.advance(by: 1)
      _ = try backlog.sweep()
      try require(try backlog.batch(batch.id, for: .all) == nil, "the batch is left")
      try require(try backlog.pins(after: 0, limit: 10).isEmpty, "pins are left")
    },
    Law("a clock that jumps deletes nothing", policy: short) { backlog, clock in
      let id = try backlog.add(Samples.single(1)).id
      _ = try backlog.cancel(id, for: .all)
      // The first look has nothing to compare with, as after a start.
      clock.advance(by: 1_000_000)
      try require(try backlog.sweep().deleted == 0, "deleted")
      clock.advance(by: 10)
      try require(try backlog.sweep().deleted == 1, "kept for ever")
    },
  ]

  /// Short times, and few deletions at once.
  private static var short: BacklogPolicy {
    var policy = BacklogPolicy.leased
    (policy.kept, policy.patience, policy.deletions) = (50, 60, 2)
    return policy
  }

  static let listings = [
    Law("a list is the newest first, page by page, and complete") { backlog, _ in
      for number in 0..<25 {
        _ = try backlog.add(Samples.single(number, owner: number % 5 == 0 ? "bob" : "ada"))
      }
      var (seen, after): ([Int], JobQuery.Cursor?) = ([], nil)
      repeat {
        let scope = JobScope.owned(JobOwner(client: "ada"))
        let page = try backlog.list(JobQuery(scope: scope, after: after, limit: 7))
        try require(page.jobs.count <= 7 && page.jobs.allSatisfy { $0.owner.key == "ada" }, "page")
        seen += page.jobs.map(\.sequence)
        after = page.next
      } while after != nil
      try require(seen.count == 20 && seen == seen.sorted(by: >), "\(seen)")
      let all = try backlog.list(JobQuery(scope: .all, limit: 25))
      try require(all.jobs.count == 25 && all.next == nil, "all")
    },
    Law("a list is filtered by state and name, and a batch's is in its order") { backlog, _ in
      guard let id = try backlog.enqueue(Samples.batch(0..<9)).batch?.id else {
        throw BrokenLaw("list", "no batch")
      }
      let worker = try backlog.join(Samples.worker())
      _ = try backlog.claim(worker, Samples.room(2))
      let running = try backlog.list(JobQuery(scope: .all, states: [.running, .done])).jobs
      try require(running.map(\.place) == [1, 0], "\(running.map(\.place))")
      let named = try backlog.list(JobQuery(scope: .all, name: "4.tif")).jobs
      try require(named.map(\.place) == [4], "named")
      let first = try backlog.list(JobQuery(scope: .all, order: .members(of: id), limit: 5))
      let rest = try backlog.list(
        JobQuery(scope: .all, order: .members(of: id), after: first.next, limit: 5))
      try require((first.jobs + rest.jobs).map(\.place) == Array(0..<9), "members")
      try require(rest.next == nil, "more")
    },
    Law("counts, pins and live images are those of the jobs") { backlog, clock in
      _ = try backlog.enqueue(Samples.batch(0..<3, seconds: 4))
      clock.advance(by: 3)
      let last = try backlog.add(Samples.single(2, owner: "bob", jobClass: .interactive))
      let claim = try backlog.claimOne(try backlog.join(Samples.worker()))
      let answer = Samples.answer(of: claim.job.order)
      try require(claim.id == last.id, "class")
      _ = try backlog.finish(claim, .done(answer))
      let counts = try backlog.counts()
      try require(counts.jobs == [.waiting: [.batch: 3], .done: [.interactive: 1]], "\(counts)")
      try require(counts.waitingSeconds == 12 && counts.workers == 1, "\(counts)")
      try require(counts.oldestWaiting == clock.now.advanced(by: -3), "\(counts)")
      let pins = try backlog.pins(after: 0, limit: 3)
      let rest = try backlog.pins(after: pins.last?.sequence ?? 0, limit: 3)
      try require(pins.count == 3 && pins.allSatisfy(\.isLive), "live")
      try require(rest.map(\.answer) == [answer.name] && !rest[0].isLive, "\(rest)")
      try require(rest[0].image == last.order.image && rest[0].work == last.order.work, "names")
      let image = Samples.digest("image 2")
      try require(try backlog.liveCount(naming: image) == 1, "image")
    },
    Law("L9: every visible change is a new version") { backlog, _ in
      let id = try backlog.add(Samples.single(1)).id
      let worker = try backlog.join(Samples.worker())
      var versions = [try backlog.job(id).version]
      let claim = try backlog.claimOne(worker)
      versions.append(try backlog.job(id).version)
      _ = try backlog.release(claim)
      versions.append(try backlog.job(id).version)
      let second = try backlog.claimOne(worker)
      _ = try backlog.cancel(id, for: .all)
      versions.append(try backlog.job(id).version)
      _ = try backlog.finish(second, .cancelled)
      versions.append(try backlog.job(id).version)
      try require(zip(versions, versions.dropFirst()).allSatisfy { $0 < $1 }, "\(versions)")
    },
  ]
}
