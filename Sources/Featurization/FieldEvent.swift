/// An event of interest to operators.
package enum FieldEvent: Sendable, Hashable {
  /// A computation was cancelled because all clients that waited for it had disconnected.
  ///
  /// Transformer blocks over all views: computed, total, and in progress at the cancellation.
  case cancelled(blocks: Int, of: Int, late: Int)
  /// Encodings were needed, and found at a level or to be computed.
  case found(CacheLevel)
  /// A page could not be computed after the answer had begun, which ends as a broken connection.
  case pageFailed(Int, reason: String)

  /// What the store that machines share answered.
  case shared(SharedAnswer)

  package enum SharedAnswer: Sendable, Hashable {
    case found, missed, stored
    /// It was not what was written.
    case damaged
    /// The store did not answer; it is news where it did before.
    case away(reason: String, isNews: Bool)
  }

  package enum CacheLevel: Sendable, Hashable { case memory, disk, nowhere }
}
