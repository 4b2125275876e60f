import Synchronization

/// A generator of request identifiers, which do not repeat and need not be secret.
///
/// Source: Steele et al. 2014, SplitMix64.
final class RequestIDGenerator: Sendable {
  private let state = Atomic(UInt64.random(in: .min ... .max))

  /// The next identifier; makes no system call.
  func next() -> UInt64 {
    var mixed = state.wrappingAdd(0x9e37_79b9_7f4a_7c15, ordering: .relaxed).newValue
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
