/// Which jobs are listed.
package struct JobQuery: Hashable, Sendable {
  package static let largestLimit = 1000

  package enum Order: Hashable, Sendable {
    /// By time of submission, the newest first.
    case newestFirst
    /// The jobs of one batch, as they were submitted.
    case members(of: BatchID)
  }

  package var scope: JobScope
  package var order: Order
  /// All states where it is empty.
  package var states: Set<JobState>
  /// Only those that the client named so.
  package var name: String?
  /// The last job of the page before.
  package var after: Cursor?
  package var limit: Int

  package init(
    scope: JobScope, order: Order = .newestFirst, states: Set<JobState> = [], name: String? = nil,
    after: Cursor? = nil, limit: Int = 100
  ) {
    precondition((1...JobQuery.largestLimit).contains(limit), "\(limit) jobs")
    (self.scope, self.order, self.states, self.name) = (scope, order, states, name)
    (self.after, self.limit) = (after, limit)
  }

  /// Where a page begins: behind a job's sequence number or place.
  package struct Cursor: Hashable, Sendable {
    package let position: Int

    package init(position: Int) { self.position = position }
  }
}

package struct JobPage: Hashable, Sendable {
  package var jobs: [JobDocument]
  /// Where the next page begins; `nil` after the last.
  package var next: JobQuery.Cursor?

  package init(jobs: [JobDocument], next: JobQuery.Cursor?) {
    (self.jobs, self.next) = (jobs, next)
  }
}
