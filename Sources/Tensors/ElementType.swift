/// What one element of an array is; files hold it little-endian.
package enum ElementType: String, Sendable, Hashable, Codable, CaseIterable {
  case float16, float32, float64, uint8, uint16, uint32, int32, int64

  /// Bytes of one element.
  package var size: Int { dataType.bits / 8 }

  /// Its name in NumPy's array protocol.
  package var descriptor: String {
    switch self {
    case .float16: "<f2"
    case .float32: "<f4"
    case .float64: "<f8"
    case .uint8: "|u1"
    case .uint16: "<u2"
    case .uint32: "<u4"
    case .int32: "<i4"
    case .int64: "<i8"
    }
  }

  /// Its counterpart in safetensors.
  package var dataType: DataType {
    switch self {
    case .float16: .f16
    case .float32: .f32
    case .float64: .f64
    case .uint8: .u8
    case .uint16: .u16
    case .uint32: .u32
    case .int32: .i32
    case .int64: .i64
    }
  }

  /// Bytes of an array's elements; `nil` where they exceed the integers.
  func byteCount(of shape: [Int]) -> Int? {
    var bytes = size
    for length in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
      if overflow { return nil }
      bytes = product
    }
    return bytes
  }
}
