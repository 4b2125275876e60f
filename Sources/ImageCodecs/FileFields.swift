/// Numbers at offsets of a file, in one byte order.
struct FileFields {
  let format: ImageFormat
  let bytes: [UInt8]
  var isBigEndian = false

  /// An unsigned integer of at most eight bytes; larger ones than `Int.max` become that.
  func unsigned(at offset: Int, bytes width: Int) throws(CodecError) -> Int {
    guard offset >= 0, offset <= bytes.count - width else {
      throw .truncated(format, reason: "the file ends in its header")
    }
    var value: UInt64 = 0
    for index in 0..<width {
      value = value << 8 | UInt64(bytes[offset + (isBigEndian ? index : width - 1 - index)])
    }
    return Int(clamping: value)
  }

  func signed(at offset: Int, bytes width: Int) throws(CodecError) -> Int {
    let value = try unsigned(at: offset, bytes: width)
    return value >> (8 * width - 1) == 1 ? value - 1 << (8 * width) : value
  }

  func float32(at offset: Int) throws(CodecError) -> Float {
    Float(bitPattern: UInt32(try unsigned(at: offset, bytes: 4)))
  }

  func float64(at offset: Int) throws(CodecError) -> Double {
    let halves = [try unsigned(at: offset, bytes: 4), try unsigned(at: offset + 4, bytes: 4)]
    let (low, high) = isBigEndian ? (halves[1], halves[0]) : (halves[0], halves[1])
    return Double(bitPattern: UInt64(high) << 32 | UInt64(low))
  }
}
