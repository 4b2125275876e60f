/// The float32s of equal value, of IEEE binary16s given by their bits.
package func float32s(binary16 values: [UInt16]) -> [Float] {
  values.map(float32(binary16:))
}

/// The float32s whose upper halves these bfloat16s are.
package func float32s(bfloat16 values: [UInt16]) -> [Float] {
  values.map { Float(bitPattern: UInt32($0) << 16) }
}

/// The float32 of equal value, of an IEEE binary16 given by its bits.
///
/// Shifting exponent and fraction into place leaves the exponent short by 2¹¹²; the product is
/// exact and turns the subnormals into normal numbers. Written without branches for the sake of
/// loops over whole tensors.
private func float32(binary16 bits: UInt16) -> Float {
  let magnitude = UInt32(bits & 0x7FFF)
  let scale = Float(bitPattern: UInt32(127 + 112) << 23)
  let finite = (Float(bitPattern: magnitude << 13) * scale).bitPattern
  let infiniteOrNaN = magnitude << 13 | 0x7F80_0000
  let sign = UInt32(bits & 0x8000) << 16
  return Float(bitPattern: (magnitude < 0x7C00 ? finite : infiniteOrNaN) | sign)
}
