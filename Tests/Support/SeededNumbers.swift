/// Numbers that look random and are the same in every run.
///
/// Source: Steele et al. 2014, SplitMix64.
package struct SeededNumbers: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: Int) {
    state = UInt64(truncatingIfNeeded: seed)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  package mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  /// Floats between −size and size.
  package mutating func floats(_ count: Int, upTo size: Float = 1) -> [Float] {
    (0..<count).map { _ in Float.random(in: -size...size, using: &self) }
  }
}
