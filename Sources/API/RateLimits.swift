import HTTPTypes

/// The rate limit header fields: a client's quota, and what is left of it.
///
/// Source: draft-ietf-httpapi-ratelimit-headers-10, §3–4; structured fields, RFC 9651.
struct RateLimits: Sendable, Hashable {
  let quota: UsageTracker.Quota
  let use: UsageTracker.Quota

  /// The largest integer that a structured field can hold.
  private static let largest = 999_999_999_999_999

  /// The value of `RateLimit-Policy`.
  var policy: String {
    "\"work\";q=\(number(quota.work));qu=\"concurrent-requests\", "
      + "\"bytes\";q=\(number(quota.bytes));qu=\"content-bytes\""
  }

  /// The value of `RateLimit`.
  var remaining: String {
    "\"work\";r=\(number(quota.work - use.work)), "
      + "\"bytes\";r=\(number(quota.bytes - min(use.bytes, quota.bytes)))"
  }

  func add(to fields: inout HTTPFields) {
    fields[.rateLimitPolicy] = policy
    fields[.rateLimit] = remaining
  }

  private func number(_ value: Int) -> Int { min(max(value, 0), RateLimits.largest) }
}

extension Problem {
  /// A 429; `seconds` is the estimated time until the token's quota has room again.
  init(_ exceeded: UsageTracker.QuotaExceeded, of quota: UsageTracker.Quota, room seconds: Double) {
    switch exceeded {
    case .work:
      self.init(
        429, "token-requests", "The client has as many requests under way as it may",
        limit: quota.work, setting: "token-requests")
    case .bytes:
      self.init(
        429, "token-bytes", "The client has as many bytes under way as it may",
        limit: quota.bytes, setting: "token-bytes")
    }
    retryAfter = Problem.wait(seconds)
  }

  /// Whole seconds for `Retry-After`, from 1 to 3600.
  static func wait(_ seconds: Double) -> Int { Int(min(max(seconds.rounded(.up), 1), 3600)) }
}
