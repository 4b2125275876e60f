/// Reads a safetensors header: the one shape of JSON that the format allows, and nothing else.
///
/// The grammar nests three deep and has no recursion, so no input can exhaust the stack. Names
/// are compared as Swift strings: two that differ only in their Unicode composition are one name,
/// and so a duplicate. Source: the safetensors format; RFC 8259.
struct TensorHeaderParser {
  /// A tensor as the header states it, unchecked against anything.
  struct Entry {
    var dataType: String
    var shape: [Int]
    /// Begin and end, relative to the end of the header.
    var begin: Int
    var end: Int
  }

  private(set) var metadata: [String: String] = [:]
  private(set) var entries: [(name: String, entry: Entry)] = []

  var scanner: TextScanner

  init(_ bytes: [UInt8]) throws(ArrayFileError) {
    scanner = TextScanner(bytes)
    try parse()
  }

  private mutating func parse() throws(ArrayFileError) {
    // The format wants the brace at once: other formats are told apart by this byte.
    guard scanner.position == 0, scanner.next == UInt8(ascii: "{") else {
      throw scanner.failure("{")
    }
    guard String(validating: scanner.bytes, as: UTF8.self) != nil else {
      throw .malformedHeader(offset: 0, expected: "UTF-8")
    }
    var names: Set<String> = []
    try eachMember { (parser, name) throws(ArrayFileError) in
      guard names.insert(name).inserted else { throw .duplicate(tensor: name) }
      if name == "__metadata__" {
        try parser.readMetadata()
      } else {
        parser.entries.append((name, try parser.readEntry(of: name)))
      }
    }
    try scanner.expectEnd()
  }

  /// Reads an object, its values by `body`.
  private mutating func eachMember(
    _ body: (inout TensorHeaderParser, String) throws(ArrayFileError) -> Void
  ) throws(ArrayFileError) {
    try scanner.expect("{")
    if scanner.accept("}") { return }
    repeat {
      let name = try scanner.string()
      try scanner.expect(":")
      try body(&self, name)
    } while scanner.accept(",")
    try scanner.expect("}")
  }

  private mutating func readMetadata() throws(ArrayFileError) {
    try eachMember { (parser, key) throws(ArrayFileError) in
      let value = try parser.scanner.string()
      guard parser.metadata.updateValue(value, forKey: key) == nil else {
        throw .duplicate(tensor: "__metadata__")
      }
    }
  }

  private mutating func readEntry(of tensor: String) throws(ArrayFileError) -> Entry {
    var dataType: String?
    var shape: [Int]?
    var offsets: [Int]?
    try eachMember { (parser, member) throws(ArrayFileError) in
      switch member {
      case "dtype" where dataType == nil: dataType = try parser.scanner.string()
      case "shape" where shape == nil: shape = try parser.scanner.integers()
      case "data_offsets" where offsets == nil: offsets = try parser.scanner.integers()
      case "dtype", "shape", "data_offsets": throw .duplicate(tensor: tensor)
      default: throw parser.scanner.failure("dtype, shape or data_offsets")
      }
    }
    guard let dataType, let shape, let offsets, offsets.count == 2 else {
      throw scanner.failure("dtype, shape and two data_offsets before")
    }
    return Entry(dataType: dataType, shape: shape, begin: offsets[0], end: offsets[1])
  }
}
