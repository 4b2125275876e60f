/// What each token has under way, held against what it may.
///
/// Only names that have something under way are in it.
package struct UsageTracker: Sendable {
  /// What one token may have under way at a time.
  package struct Quota: Sendable, Hashable {
    /// Requests that may compute.
    package var work: Int
    /// Bytes of their bodies.
    package var bytes: Int

    package init(work: Int, bytes: Int) {
      self.work = work
      self.bytes = bytes
    }

    /// Of a token, which may have limits of its own.
    package func own(_ entry: TokenList.Entry) -> Quota {
      Quota(work: entry.work ?? work, bytes: entry.bytes ?? bytes)
    }
  }

  /// An allowance that is used up.
  package enum QuotaExceeded: Sendable, Hashable {
    case work
    case bytes
  }

  private var used: [String: Quota] = [:]

  package init() {}

  /// Names that have something under way.
  package var count: Int { used.count }

  /// What a token has under way.
  package func use(_ name: String) -> Quota { used[name] ?? Quota(work: 0, bytes: 0) }

  /// What is short for one more request, if something is.
  ///
  /// A body larger than the allowance is let in when no other is there: it would wait for ever.
  package func exceeded(_ name: String, bytes: Int, within quota: Quota) -> QuotaExceeded? {
    let use = use(name)
    if use.work >= quota.work { return .work }
    let isOver = use.bytes > quota.bytes || bytes > quota.bytes - use.bytes
    return use.bytes > 0 && isOver ? .bytes : nil
  }

  /// Enters one more request, unless something is short.
  package mutating func begin(
    _ name: String, bytes: Int, within quota: Quota
  ) -> QuotaExceeded? {
    if let exceeded = exceeded(name, bytes: bytes, within: quota) { return exceeded }
    let use = use(name)
    used[name] = Quota(work: use.work + 1, bytes: use.bytes + bytes)
    return nil
  }

  /// Strikes out a request that was entered.
  package mutating func end(_ name: String, bytes: Int) {
    let use = use(name)
    precondition(use.work > 0 && use.bytes >= bytes, "\(name): \(bytes) bytes of \(use)")
    used[name] = use.work == 1 ? nil : Quota(work: use.work - 1, bytes: use.bytes - bytes)
  }
}
