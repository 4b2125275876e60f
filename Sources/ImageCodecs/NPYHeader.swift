import Imaging

/// The header of a NumPy array, as a picture's.
///
/// Source: NumPy's `numpy.lib.format`, versions 1.0 to 3.0.
struct NPYHeader {
  let stored: ImageHeader.Stored
  let isBool: Bool
  let isBigEndian: Bool
  let isFortran: Bool
  let shape: [Int]
  let start: Int

  /// No array of numbers has a longer one.
  private static let longest = 4096

  init(_ bytes: [UInt8]) throws(CodecError) {
    let fields = FileFields(format: .npy, bytes: bytes)
    let major = try fields.unsigned(at: 6, bytes: 1)
    guard (1...3).contains(major) else {
      throw .unsupported(.npy, what: "version \(major) of the format")
    }
    let width = major == 1 ? 2 : 4
    let length = try fields.unsigned(at: 8, bytes: width)
    guard length <= Self.longest else {
      throw .unsupported(.npy, what: "a header of \(length) bytes")
    }
    start = 8 + width + length
    guard start <= bytes.count else {
      throw .truncated(.npy, reason: "the file ends in its header")
    }
    let text = String(decoding: bytes[(8 + width)..<start], as: UTF8.self)
    guard let type = Self.quoted("descr", in: text),
      let order = text.firstMatch(of: #/'fortran_order':\s*(True|False)/#),
      let tuple = text.firstMatch(of: #/'shape':\s*\(([0-9,\s]*)\)/#)
    else {
      let isStructured = text.contains(#/'descr':\s*\[/#)
      if isStructured { throw .unsupported(.npy, what: "records of several fields") }
      throw .damaged(.npy, reason: "its header is no dictionary of type, order and shape")
    }
    (stored, isBool) = try Self.numbers(of: type)
    isBigEndian = type.hasPrefix(">")
    isFortran = order.output.1 == "True"
    var shape: [Int] = []
    for axis in tuple.output.1.split(separator: ",") {
      let digits = axis.filter { !$0.isWhitespace }
      if digits.isEmpty { continue }
      guard let count = Int(digits) else { throw .damaged(.npy, reason: "its shape is wrong") }
      shape.append(count)
    }
    self.shape = shape
  }

  private static func quoted(_ key: String, in text: String) -> String? {
    guard let place = text.firstRange(of: "'\(key)':") else { return nil }
    let rest = text[place.upperBound...].drop { $0 == " " }
    guard rest.first == "'" else { return nil }
    let value = rest.dropFirst()
    return value.firstIndex(of: "'").map { String(value[..<$0]) }
  }

  private static func numbers(of type: String) throws(CodecError)
    -> (ImageHeader.Stored, isBool: Bool)
  {
    let kind = type.drop { "<>=|".contains($0) }
    let table: [Substring: ImageHeader.Stored] = [
      "u1": .init(.unsigned, bits: 8), "u2": .init(.unsigned, bits: 16),
      "u4": .init(.unsigned, bits: 32), "u8": .init(.unsigned, bits: 64),
      "i1": .init(.signed, bits: 8), "i2": .init(.signed, bits: 16),
      "i4": .init(.signed, bits: 32), "i8": .init(.signed, bits: 64),
      "f2": .init(.float, bits: 16), "f4": .init(.float, bits: 32),
      "f8": .init(.float, bits: 64), "b1": .init(.unsigned, bits: 8),
    ]
    guard let stored = table[kind] else {
      let name = String(kind.prefix(16).filter { $0.isASCII })
      throw .unsupported(.npy, what: "an array of type \(name)")
    }
    return (stored, kind == "b1")
  }
}
