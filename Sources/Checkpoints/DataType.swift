/// The element types of safetensors, under the names they have in a header.
package enum DataType: String, CaseIterable, Sendable {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case f4 = "F4"
  case f6E2M3 = "F6_E2M3"
  case f6E3M2 = "F6_E3M2"
  case f8E5M2 = "F8_E5M2"
  case f8E4M3 = "F8_E4M3"
  case f8E8M0 = "F8_E8M0"
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case c64 = "C64"
  case f64 = "F64"
  case i64 = "I64"
  case u64 = "U64"

  /// Bits of one element.
  package var bits: Int {
    switch self {
    case .f4: 4
    case .f6E2M3, .f6E3M2: 6
    case .bool, .u8, .i8, .f8E5M2, .f8E4M3, .f8E8M0: 8
    case .i16, .u16, .f16, .bf16: 16
    case .i32, .u32, .f32: 32
    case .c64, .f64, .i64, .u64: 64
    }
  }
}

/// The float32 of equal value, of an IEEE binary16 given by its bits.
///
/// Shifting exponent and fraction into place leaves the exponent short by 2¹¹²; the product is
/// exact and turns the subnormals into normal numbers. Written without branches for the sake of
/// loops over whole tensors.
func float32(binary16 bits: UInt16) -> Float {
  let magnitude = UInt32(bits & 0x7FFF)
  let scale = Float(bitPattern: UInt32(127 + 112) << 23)
  let finite = (Float(bitPattern: magnitude << 13) * scale).bitPattern
  let infiniteOrNaN = magnitude << 13 | 0x7F80_0000
  let sign = UInt32(bits & 0x8000) << 16
  return Float(bitPattern: (magnitude < 0x7C00 ? finite : infiniteOrNaN) | sign)
}

/// The float32 whose upper half a bfloat16 is.
func float32(bfloat16 bits: UInt16) -> Float {
  Float(bitPattern: UInt32(bits) << 16)
}
