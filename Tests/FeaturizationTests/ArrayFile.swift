import Featurization
import Tensors
import Testing

/// An npy file, parsed strictly as its format specifies.
///
/// Source: NumPy's "NEP 1, a simple file format for NumPy arrays", version 1.0.
struct ArrayFile {
  let descriptor: String
  let shape: [Int]
  let payload: [UInt8]
  let values: [Float]

  init(_ bytes: [UInt8]) throws {
    try #require(bytes.count >= 10)
    try #require(Array(bytes[0..<8]) == [0x93] + Array("NUMPY".utf8) + [1, 0])
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    try #require((10 + length) % 64 == 0 && bytes.count >= 10 + length)
    let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
    let match = try #require(
      header.wholeMatch(
        of: /\{'descr': '(<f[24])', 'fortran_order': False, 'shape': \(([0-9, ]*)\), \} *\n/))
    descriptor = String(match.1)
    shape = match.2.split(whereSeparator: { $0 == "," || $0 == " " }).compactMap { Int($0) }
    payload = Array(bytes[(10 + length)...])
    values = floats(payload, descriptor)
  }
}

/// Little-endian numbers.
func floats(_ bytes: [UInt8], _ descriptor: String) -> [Float] {
  let width = descriptor == "<f2" ? 2 : 4
  return stride(from: 0, to: bytes.count - bytes.count % width, by: width).map { start in
    let bits = (0..<width).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
    return width == 2 ? Float(half: UInt16(bits)) : Float(bitPattern: bits)
  }
}

extension Float {
  /// Converts from binary16.
  ///
  /// Source: IEEE 754-2019 §3.4.
  init(half: UInt16) {
    let (exponent, fraction) = (Int(half >> 10 & 31), Float(half & 1023))
    let magnitude =
      exponent == 0
      ? Float(sign: .plus, exponent: -24, significand: fraction)
      : exponent == 31
        ? (fraction == 0 ? .infinity : .nan)
        : Float(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
    self = half >> 15 == 1 ? -magnitude : magnitude
  }
}

/// The arrays in a file, by name; in a format without names the only one is `""`.
///
/// Source of the archive: PKWARE's APPNOTE 6.3.10, §4.3.12 and §4.3.16, without 64-bit records.
func arrays(
  _ bytes: [UInt8], _ format: FeatureRequest.Format
) throws -> [String: StoredArray] {
  switch format {
  case .safetensors:
    let file = try TensorFile(bytes)
    return try Dictionary(
      uniqueKeysWithValues: file.header.tensors.keys.map { ($0, try file.array($0)) })
  case .npz:
    func number(_ place: Int, _ count: Int) -> Int {
      (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
    var found: [String: StoredArray] = [:]
    var record = number(bytes.count - 6, 4)
    for _ in 0..<number(bytes.count - 12, 2) {
      try #require(number(record, 4) == 0x0201_4B50)
      let (size, local) = (number(record + 24, 4), number(record + 42, 4))
      let length = number(record + 28, 2)
      let name = String(decoding: bytes[record + 46..<record + 46 + length], as: UTF8.self)
      let start = local + 30 + number(local + 26, 2) + number(local + 28, 2)
      found[String(name.dropLast(4))] = try StoredArray(npy: Array(bytes[start..<start + size]))
      record += 46 + length + number(record + 30, 2) + number(record + 32, 2)
    }
    return found
  default: return ["": try StoredArray(npy: bytes)]
  }
}

extension Answer {
  /// All bytes of the body, read to its end.
  func bytes() async throws -> [UInt8] {
    switch body {
    case .whole(let bytes): return bytes
    case .stream(let stream):
      var all: [UInt8] = []
      try await stream.write { all += $0 }
      return all
    }
  }
}
