/// Counts the requests in progress of each token against its quota.
///
/// Only names with requests in progress have an entry.
package struct UsageTracker: Sendable {
  /// The limits of one token for requests in progress.
  package struct Quota: Sendable, Hashable {
    /// The maximum number of requests that compute.
    package var work: Int
    /// The maximum total bytes of their bodies.
    package var bytes: Int

    package init(work: Int = 16, bytes: Int = 1 << 30) {
      self.work = work
      self.bytes = bytes
    }

    /// The quota of a token, with its own limits in place of these.
    package func own(_ entry: TokenList.Entry) -> Quota {
      Quota(work: entry.work ?? work, bytes: entry.bytes ?? bytes)
    }
  }

  /// The limit that a quota has reached.
  package enum QuotaExceeded: Sendable, Hashable {
    case work
    case bytes
  }

  private var used: [String: Quota] = [:]

  package init() {}

  /// The number of names with requests in progress.
  package var count: Int { used.count }

  /// The requests in progress of a token, and the bytes of their bodies.
  package func use(_ name: String) -> Quota { used[name] ?? Quota(work: 0, bytes: 0) }

  /// The limit that one more request would exceed, or `nil`.
  ///
  /// A body larger than the limit is accepted when no other is in progress: it could otherwise
  /// never be sent.
  package func exceeded(_ name: String, bytes: Int, within quota: Quota) -> QuotaExceeded? {
    let use = use(name)
    if use.work >= quota.work { return .work }
    let isOver = use.bytes > quota.bytes || bytes > quota.bytes - use.bytes
    return use.bytes > 0 && isOver ? .bytes : nil
  }

  /// Counts one more request, unless it would exceed a limit.
  package mutating func begin(
    _ name: String, bytes: Int, within quota: Quota
  ) -> QuotaExceeded? {
    if let exceeded = exceeded(name, bytes: bytes, within: quota) { return exceeded }
    let use = use(name)
    used[name] = Quota(work: use.work + 1, bytes: use.bytes + bytes)
    return nil
  }

  /// Removes a request that `begin` counted.
  package mutating func end(_ name: String, bytes: Int) {
    let use = use(name)
    precondition(use.work > 0 && use.bytes >= bytes, "\(name): \(bytes) bytes of \(use)")
    used[name] = use.work == 1 ? nil : Quota(work: use.work - 1, bytes: use.bytes - bytes)
  }
}
