import Files
import LinearAlgebra

extension DataType {
  /// The float32s nearest to elements that lie in some bytes; `nil` for types that have no such.
  package func floats(_ bytes: Span<UInt8>) -> [Float]? {
    switch self {
    case .f32: [Float](littleEndian: bytes)
    case .f16: RowKernels.current.floats(binary16: [UInt16](littleEndian: bytes))
    case .bf16: [UInt16](littleEndian: bytes).map { Float(bitPattern: UInt32($0) << 16) }
    case .f64: [Double](littleEndian: bytes).map { Float($0) }
    case .bool: [UInt8](littleEndian: bytes).map { $0 == 0 ? 0 : 1 }
    case .u8: [UInt8](littleEndian: bytes).map { Float($0) }
    case .i8: [Int8](littleEndian: bytes).map { Float($0) }
    case .u16: [UInt16](littleEndian: bytes).map { Float($0) }
    case .i16: [Int16](littleEndian: bytes).map { Float($0) }
    case .u32: [UInt32](littleEndian: bytes).map { Float($0) }
    case .i32: [Int32](littleEndian: bytes).map { Float($0) }
    case .u64: [UInt64](littleEndian: bytes).map { Float($0) }
    case .i64: [Int64](littleEndian: bytes).map { Float($0) }
    case .f4, .f6E2M3, .f6E3M2, .f8E5M2, .f8E4M3, .f8E8M0, .c64: nil
    }
  }
}
