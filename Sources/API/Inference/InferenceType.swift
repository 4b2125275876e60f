import Files
import Tensors

/// What an element of a tensor is, by the Open Inference Protocol's names.
enum InferenceType: Hashable, Sendable {
  case number(ElementType)
  /// Bytes of any length, behind their length in four bytes.
  case bytes

  static let all: [InferenceType] = ElementType.allCases.map { .number($0) } + [.bytes]

  init?(name: String) {
    guard let type = InferenceType.all.first(where: { $0.name == name }) else { return nil }
    self = type
  }

  var name: String {
    switch self {
    case .number(.float16): "FP16"
    case .number(.float32): "FP32"
    case .number(.float64): "FP64"
    case .number(.uint8): "UINT8"
    case .number(.uint16): "UINT16"
    case .number(.uint32): "UINT32"
    case .number(.int32): "INT32"
    case .number(.int64): "INT64"
    case .bytes: "BYTES"
    }
  }
}

/// Numbers of tensors as JSON writes them.
extension ElementType {
  /// Most bytes of a number's text, with the comma behind it.
  var longestText: Int {
    switch self {
    case .uint8: 4
    case .uint16: 6
    case .uint32, .int32: 12
    case .float16, .float32: 16
    case .float64, .int64: 26
    }
  }

  /// A number's bytes; `nil` where the type does not hold it, or JSON has no form for the type.
  func bytes(of value: Double) -> [UInt8]? {
    func whole<Number: FixedWidthInteger>(_ type: Number.Type) -> [UInt8]? {
      Number(exactly: value).map { number in
        var bytes: [UInt8] = []
        bytes.append(littleEndian: number)
        return bytes
      }
    }
    switch self {
    case .float16: return nil
    case .float32:
      var bytes: [UInt8] = []
      bytes.append(littleEndian: Float(value).bitPattern)
      return bytes
    case .float64:
      var bytes: [UInt8] = []
      bytes.append(littleEndian: value.bitPattern)
      return bytes
    case .uint8: return whole(UInt8.self)
    case .uint16: return whole(UInt16.self)
    case .uint32: return whole(UInt32.self)
    case .int32: return whole(Int32.self)
    case .int64: return whole(Int64.self)
    }
  }

  /// The numbers in some bytes as JSON's texts; `nil` for halves, which the protocol has no form for.
  ///
  /// What is not finite is `null`.
  func texts(of bytes: [UInt8]) -> [String]? {
    let places = stride(from: 0, to: bytes.count, by: size)
    func finite(_ value: some BinaryFloatingPoint & LosslessStringConvertible) -> String {
      value.isFinite ? "\(value)" : "null"
    }
    switch self {
    case .float16: return nil
    case .float32:
      return places.map { finite(Float(bitPattern: bytes.integer(UInt32.self, at: $0))) }
    case .float64:
      return places.map { finite(Double(bitPattern: bytes.integer(UInt64.self, at: $0))) }
    case .uint8: return bytes.map { "\($0)" }
    case .uint16: return places.map { "\(bytes.integer(UInt16.self, at: $0))" }
    case .uint32: return places.map { "\(bytes.integer(UInt32.self, at: $0))" }
    case .int32:
      return places.map { "\(Int32(bitPattern: bytes.integer(UInt32.self, at: $0)))" }
    case .int64:
      return places.map { "\(Int64(bitPattern: bytes.integer(UInt64.self, at: $0)))" }
    }
  }
}
