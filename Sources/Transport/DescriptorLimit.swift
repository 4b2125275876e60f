import Glibc

/// The limit on this process's file descriptors.
package enum DescriptorLimit {
  /// Raises the limit as far as the system allows, up to `count`; never lowers it.
  ///
  /// Returns the limit then in force. Source: getrlimit(2).
  package static func raise(to count: Int) -> Int {
    var limits = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    // SAFETY: both calls touch one structure, which outlives them.
    guard unsafe getrlimit(kind, &limits) == 0 else { return count }
    let wanted = min(rlim_t(clamping: count), limits.rlim_max)
    guard wanted > limits.rlim_cur else { return Int(clamping: limits.rlim_cur) }
    limits.rlim_cur = wanted
    guard unsafe setrlimit(kind, &limits) == 0 else { return Int(clamping: limits.rlim_cur) }
    return Int(clamping: wanted)
  }
}
