/// Why a backlog refuses.
package enum BacklogError: Error, Hashable, Sendable {
  /// The key stands for another submission.
  case keyReused
  /// The owner has as many live jobs as one may; seconds until a first one is likely to end.
  case ownerFull(limit: Int, live: Int, retryAfter: Double)
  /// There are as many jobs as are kept at all.
  case full(limit: Int)
  /// A submission of more jobs than one may have.
  case tooManyJobs(count: Int, limit: Int)
  /// The disk is full; nothing was taken.
  case noRoom
  /// The database cannot be reached now.
  case away(reason: String)
  /// The file or the disk is damaged: nothing more may be acknowledged.
  case broken(reason: String)
  /// The backlog was made by a later release.
  case newerSchema(found: Int, known: Int)
  /// A file system on which SQLite's locks do not hold.
  case networkFileSystem(path: String, kind: String)
  /// Another process has the backlog.
  case inUse(path: String)
  /// The backlog was closed.
  case closed
}
