/// Everything about a batch but its jobs.
package struct BatchDocument: Hashable, Sendable {
  /// What of a batch has not ended.
  package struct Remainder: Hashable, Sendable {
    package var waiting = 0
    package var running = 0
    /// Predicted seconds of both.
    package var seconds = 0.0

    package init(waiting: Int = 0, running: Int = 0, seconds: Double = 0) {
      (self.waiting, self.running, self.seconds) = (waiting, running, seconds)
    }
  }

  package var id: BatchID
  package var owner: JobOwner
  package var name: String?
  package var total: Int
  package var done = 0
  package var failed = 0
  package var cancelled = 0
  package var expired = 0
  package var remainder: Remainder
  package var isCancelWished = false
  /// Grows when a job of it ends.
  package var version = 0
  package var created: Timestamp
  package var ended: Timestamp?
  /// When it is forgotten with its jobs.
  package var expires: Timestamp?

  package init(
    id: BatchID, owner: JobOwner, name: String?, total: Int, remainder: Remainder = Remainder(),
    created: Timestamp
  ) {
    (self.id, self.owner, self.name, self.total) = (id, owner, name, total)
    (self.remainder, self.created) = (remainder, created)
  }

  /// How many of its jobs have ended.
  package var endedCount: Int { done + failed + cancelled + expired }
}
