package import Imaging

/// A model trained to reconstruct hidden parts of an image.
package protocol Autoencoder: Encoder {
  /// The units of an image, each hidden or shown as a whole.
  func units(of size: Size) -> Grid

  /// Reconstructs the hidden units, `[units]`, of which some must be shown; `nil` without a
  /// decoder.
  ///
  /// Throws `CancellationError` at the next transformer block once `progress` is cancelled.
  func reconstruct(
    _ image: InputPlanes, hidden: [Bool], progress: WorkProgress
  ) throws -> Reconstruction?
}

/// A random mask: whether each unit of an image is hidden.
///
/// The noise is that of `torch.manual_seed(seed)` and `torch.rand(count)` on a CPU; the units with
/// the least noise are shown. Source: MAE's `random_masking`, Hiera's `get_random_mask`.
package func hiddenUnits(of count: Int, ratio: Float, seed: UInt32) -> [Bool] {
  var twister = MersenneTwister(seed: seed)
  let noise = (0..<count).map { _ in twister.next() & 0xFF_FFFF }
  let shown = max(Int(Double(count) * (1 - Double(ratio))), min(count, 1))
  var hidden = [Bool](repeating: true, count: count)
  let order = (0..<count).sorted { (noise[$0], $0) < (noise[$1], $1) }
  for unit in order.prefix(shown) { hidden[unit] = false }
  return hidden
}

/// A generator of pseudorandom 32-bit numbers.
///
/// Source: Matsumoto & Nishimura 1998, MT19937; its seeding by a number, 2002.
struct MersenneTwister {
  private static let (count, middle) = (624, 397)

  private var state: [UInt32]
  private var index = count

  init(seed: UInt32) {
    state = [seed]
    for i in 1..<UInt32(MersenneTwister.count) {
      let last = state[Int(i) - 1]
      state.append(1_812_433_253 &* (last ^ last >> 30) &+ i)
    }
  }

  mutating func next() -> UInt32 {
    if index == MersenneTwister.count { twist() }
    var y = state[index]
    index += 1
    y ^= y >> 11
    y ^= y << 7 & 0x9D2C_5680
    y ^= y << 15 & 0xEFC6_0000
    return y ^ y >> 18
  }

  private mutating func twist() {
    let (count, middle) = (MersenneTwister.count, MersenneTwister.middle)
    for i in 0..<count {
      let y = state[i] & 0x8000_0000 | state[(i + 1) % count] & 0x7FFF_FFFF
      state[i] = state[(i + middle) % count] ^ y >> 1 ^ (y & 1 == 0 ? 0 : 0x9908_B0DF)
    }
    index = 0
  }
}
