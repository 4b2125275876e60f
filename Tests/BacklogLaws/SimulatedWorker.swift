import Backlog

/// A process that works, as it sees itself.
struct SimulatedWorker {
  struct Run {
    let claim: Claim
    let end: Timestamp
    var isCancelled = false
    /// What is told of it until that is answered.
    var outcome: JobOutcome?
  }

  static let runners = 2

  let number: Int
  var life: Incarnation?
  /// Stopped by a signal: it does nothing, and does not know.
  var isStopped = false
  var isDead = false
  /// It takes nothing more, and leaves when it has nothing left.
  var isDraining = false
  var runs: [JobID: Run] = [:]
  /// When it last asked for jobs, where that is not answered.
  var asked: Timestamp?

  var ids: [JobID] { runs.keys.sorted { "\($0)" < "\($1)" } }
}

/// What a worker says to the backlog.
struct Message {
  enum Content {
    case beat([JobProgress])
    case claim(Room)
    case finish(Claim, JobOutcome)
    case release(Claim)
  }

  let number: Int
  let life: Incarnation
  let content: Content
}
