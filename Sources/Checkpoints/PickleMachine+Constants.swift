extension PickleMachine {
  /// Numbers, and the three constants of Python.
  mutating func number(_ opcode: PickleOpcode) throws(CheckpointError) -> Value {
    switch opcode {
    case .newTrue: return .bool(true)
    case .newFalse: return .bool(false)
    case .binaryInt: return .int(Int(Int32(bitPattern: try cursor.integer(UInt32.self))))
    case .binaryInt1: return .int(Int(try cursor.byte()))
    case .binaryInt2: return .int(Int(try cursor.integer(UInt16.self)))
    case .long1: return integer(of: try cursor.bytes(Int(try cursor.byte())))
    case .long4:
      let count = Int32(bitPattern: try cursor.integer(UInt32.self))
      guard count >= 0 else { throw fail("an integer's length") }
      return integer(of: try cursor.bytes(Int(count)))
    case .binaryFloat:
      // The only number that is big-endian.
      return .float(Double(bitPattern: try cursor.integer(UInt64.self).byteSwapped))
    default: return .none
    }
  }

  /// Two's complement, little-endian.
  private func integer(of bytes: [UInt8]) -> Value {
    guard bytes.count <= 8 else { return .large(bytes) }
    var value = bytes.last.map { $0 > 127 ? -1 : 0 } ?? 0
    for byte in bytes.reversed() { value = value << 8 | Int(byte) }
    return .int(value)
  }

  mutating func text(_ opcode: PickleOpcode) throws(CheckpointError) -> Value {
    let length: UInt64
    switch opcode {
    case .shortBinaryUnicode, .shortBinaryString, .shortBinaryBytes:
      length = UInt64(try cursor.byte())
    case .binaryUnicode8, .binaryBytes8:
      length = try cursor.integer(UInt64.self)
    default:
      length = UInt64(try cursor.integer(UInt32.self))
    }
    guard let count = Int(exactly: length) else { throw fail("a shorter text") }
    let bytes = try cursor.bytes(count)
    switch opcode {
    case .binaryBytes, .shortBinaryBytes, .binaryBytes8:
      return .bytes(bytes)
    case .binaryString, .shortBinaryString:
      // Python 2 made no difference between bytes and text.
      return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .bytes(bytes)
    default:
      // Python writes lone surrogates too; such a text is the name of no tensor.
      return .text(String(decoding: bytes, as: UTF8.self))
    }
  }
}
