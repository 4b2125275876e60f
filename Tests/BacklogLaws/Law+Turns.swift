import Backlog
import Support

extension Law {
  static let turns = [
    Law("interactive jobs go before those of batches") { backlog, _ in
      _ = try backlog.enqueue(Samples.batch(0..<3))
      let id = try backlog.add(Samples.single(9, owner: "bob", jobClass: .interactive)).id
      try require(
        try backlog.claimOne(try backlog.join(Samples.worker())).id == id, "after a batch")
    },
    Law("L8: an owner's jobs of a class go in the order of submission") { backlog, _ in
      let (first, last) = (
        try backlog.enqueue(Samples.batch(0..<3, seconds: 30)),
        try backlog.add(Samples.single(9, seconds: 0.1))
      )
      try require(first.batch != nil, "no batch")
      let worker = try backlog.join(Samples.worker())
      var sequences: [Int] = []
      for _ in 0..<4 { sequences.append(try backlog.claimOne(worker).job.sequence) }
      try require(sequences == sequences.sorted() && sequences.last == last.sequence, "order")
    },
    Law("a job that is given back keeps its turn") { backlog, _ in
      let first = try backlog.add(Samples.single(0)).id
      _ = try backlog.enqueue(Samples.batch(1..<3))
      let worker = try backlog.join(Samples.worker())
      _ = try backlog.release(try backlog.claimOne(worker))
      try require(try backlog.claimOne(worker).id == first, "behind others")
    },
    Law("L7: service of two owners with work differs by at most one job of each") { backlog, _ in
      var chance = SeededNumbers(seed: 7)
      let owners = ["ada", "bob", "cy", "dee", "eve"]
      var (left, had): ([String: Int], [String: Double]) = ([:], [:])
      for (index, owner) in owners.enumerated() {
        let jobs = (0..<60).map { number in
          Samples.order(1000 * index + number, seconds: Double(1 + chance.below(30)))
        }
        _ = try backlog.enqueue(
          Submission(
            owner: JobOwner(client: owner), jobClass: .batch, shape: .batch(name: nil), jobs: jobs))
        left[owner] = jobs.count
      }
      let worker = try backlog.join(Samples.worker())
      // Until the first has nothing more that waits.
      while left.values.allSatisfy({ $0 > 0 }) {
        let claim = try backlog.claimOne(worker)
        let owner = claim.job.owner.key
        left[owner, default: 0] -= 1
        had[owner, default: 0] += claim.job.order.seconds
        let (most, least) = (had.values.max() ?? 0, owners.map { had[$0] ?? 0 }.min() ?? 0)
        try require(most - least <= 60, "\(had)")
      }
      try require(left.values.reduce(0, +) < 200, "it ended at once: \(left)")
    },
    Law("L7: a new owner waits for one job of each, however many they have waiting") { backlog, _ in
      _ = try backlog.enqueue(Samples.batch(0..<50, owner: "ada"))
      let worker = try backlog.join(Samples.worker())
      for _ in 0..<20 { _ = try backlog.claimOne(worker) }
      let bob = try backlog.add(Samples.single(90, owner: "bob")).id
      let next = try [backlog.claimOne(worker).id, backlog.claimOne(worker).id]
      try require(next.contains(bob), "behind a batch")
    },
    Law("idle time earns no turns") { backlog, _ in
      let worker = try backlog.join(Samples.worker())
      // One has had much, and nothing waits any more: all begin equal.
      for number in 0..<5 {
        _ = try backlog.add(Samples.single(number, owner: "ada", seconds: 100))
        let claim = try backlog.claimOne(worker)
        _ = try backlog.finish(claim, .done(Samples.answer(of: claim.job.order)))
      }
      let ada = try backlog.add(Samples.single(10, owner: "ada")).id
      _ = try backlog.enqueue(Samples.batch(20..<30, owner: "bob"))
      try require(try backlog.claimOne(worker).id == ada, "the idle were credited")
    },
    Law("what is ahead is what is claimed before") { backlog, _ in
      _ = try backlog.enqueue(Samples.batch(0..<3, owner: "ada"))
      let bob = try backlog.add(Samples.single(9, owner: "bob", seconds: 5)).id
      let ada = try backlog.add(Samples.single(10, owner: "ada")).id
      let (first, last) = (try backlog.ahead(of: bob), try backlog.ahead(of: ada))
      try require(first == JobsAhead(jobs: 1, seconds: 8), "\(String(describing: first))")
      try require(last == JobsAhead(jobs: 4, seconds: 29), "\(String(describing: last))")
      let claim = try backlog.claimOne(try backlog.join(Samples.worker()))
      try require(try backlog.ahead(of: claim.id) == nil, "of a running job")
      try require(try backlog.ahead(of: bob) == JobsAhead(jobs: 0, seconds: 0), "first")
    },
  ]
}
