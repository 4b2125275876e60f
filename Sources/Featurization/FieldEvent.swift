/// What an operator may want to know of the work beside its answers.
package enum FieldEvent: Sendable, Hashable {
  /// A computation ended because every client that waited for it has gone.
  ///
  /// Transformer blocks over all views: those computed, all that there would have been, and those
  /// that were under way when the cancellation came.
  case cancelled(blocks: Int, of: Int, late: Int)
  /// Encodings were asked for, and were there, or have to be made.
  case found(CacheLevel)

  package enum CacheLevel: Sendable, Hashable { case memory, disk, nowhere }
}
