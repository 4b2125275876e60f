/// Pseudo-random numbers by their index: the same on every machine and with any number of threads.
///
/// Source: the finaliser of SplitMix64, of Steele, Lea and Flood 2014, applied to a counter.
package struct CounterGenerator: Sendable, Hashable {
  private let key: UInt64
  /// The index of the next number of `next()`.
  package private(set) var drawn: UInt64 = 0

  package init(seed: UInt64) {
    key = CounterGenerator.mixed(seed)
  }

  /// The number at an index, in 0 ..< 1, of 53 bits.
  package subscript(index: UInt64) -> Double {
    Double(CounterGenerator.mixed(key &+ index) >> 11) / Double(1 << 53)
  }

  /// The number after the last drawn one, in 0 ..< 1.
  package mutating func next() -> Double {
    defer { drawn += 1 }
    return self[drawn]
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
