/// What a process that works tells of itself.
package struct WorkerCard: Hashable, Sendable {
  /// Its name, which several lives of it may share.
  package var name: String
  package var host: String
  /// The kind of its arithmetic.
  package var kind: String
  package var build: String
  /// The digests of the weights that it has.
  package var weights: [String]
  package var runners: Int

  package init(
    name: String, host: String = "", kind: String = "", build: String = "", weights: [String],
    runners: Int
  ) {
    (self.name, self.host, self.kind, self.build) = (name, host, kind, build)
    (self.weights, self.runners) = (weights, runners)
  }
}

/// One life of a worker, to which the lease belongs.
package struct Incarnation: Hashable, Sendable {
  /// The worker's name and random digits.
  package let name: String

  package init(name: String) { self.name = name }

  /// A new life, of 8 random bytes.
  package init(of worker: WorkerCard, random: [UInt8]) {
    precondition(random.count == 8, "\(random.count) random bytes")
    let digits = random.map { String(0x100 + Int($0), radix: 16).dropFirst() }
    name = "\(worker.name)-\(digits.joined())"
  }
}

/// The answer to a heartbeat.
package enum Verdict: Hashable, Sendable {
  /// Others believe it dead: all its work is to be cancelled, and it must join anew.
  case gone
  /// It is alive; what it holds, and what of this is to be cancelled.
  ///
  /// A held job that the worker does not know was claimed by a call whose answer was lost: the worker
  /// asks for it with `held`, and releases it.
  case alive(held: [JobID], cancel: [JobID])
}
