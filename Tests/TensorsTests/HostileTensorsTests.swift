import Tensors
import Support
import Testing

@Suite("Hostile safetensors") struct HostileTensorsTests {
  typealias Case = (header: String, data: Int, error: ArrayFileError)

  static let large = Int.max
  /// 2⁶⁰ elements: their bits are not an integer, their number is.
  static let many = 1 << 60

  /// Each tensor that breaks one rule, and the error that names it.
  static let tensors: [Case] = [
    ("{" + member("x", "F31", [1], 0, 4) + "}", 4, .unknownDataType(tensor: "x", name: "F31")),
    ("{" + member("x", "f32", [1], 0, 4) + "}", 4, .unknownDataType(tensor: "x", name: "f32")),
    (
      "{" + member("x", "F32", [2], 0, 4) + "}", 4,
      .wrongByteCount(tensor: "x", bytes: 4, needed: 8)
    ),
    (
      "{" + member("x", "F32", [], 0, 0) + "}", 0,
      .wrongByteCount(tensor: "x", bytes: 0, needed: 4)
    ),
    (
      "{" + member("x", "F32", [0], 0, 4) + "}", 4,
      .wrongByteCount(tensor: "x", bytes: 4, needed: 0)
    ),
    (
      "{" + member("x", "F32", [1], 0, 4) + "}", 3,
      .outOfRange(tensor: "x", begin: 0, end: 4, available: 3)
    ),
    (
      "{" + member("x", "F32", [1], 4, 0) + "}", 4,
      .outOfRange(tensor: "x", begin: 4, end: 0, available: 4)
    ),
    (
      "{" + member("x", "F32", [1], large - 4, large) + "}", 4,
      .outOfRange(tensor: "x", begin: large - 4, end: large, available: 4)
    ),
    (
      "{" + member("x", "U8", [large, 2], 0, 4) + "}", 4,
      .shapeTooLarge(tensor: "x", shape: [large, 2])
    ),
    (
      "{" + member("x", "F32", [many], 0, 4) + "}", 4, .shapeTooLarge(tensor: "x", shape: [many])
    ),
    (
      "{" + member("x", "F32", [1 << 32, 1 << 32], 0, 0) + "}", 0,
      .shapeTooLarge(tensor: "x", shape: [1 << 32, 1 << 32])
    ),
    ("{" + member("x", "F4", [1], 0, 0) + "}", 0, .partialByte(tensor: "x", bits: 4)),
    (
      "{" + member("a", "U8", [4], 0, 4) + "," + member("b", "U8", [4], 3, 7) + "}", 7,
      .overlap(tensor: "b", begin: 3, previousEnd: 4)
    ),
    (
      "{" + member("a", "U8", [4], 0, 4) + "," + member("b", "U8", [4], 0, 4) + "}", 4,
      .overlap(tensor: "b", begin: 0, previousEnd: 4)
    ),
    (
      "{" + member("a", "U8", [4], 0, 4) + "," + member("none", "U8", [0], 2, 2) + "}", 4,
      .overlap(tensor: "none", begin: 2, previousEnd: 4)
    ),
    (
      "{" + member("a", "U8", [4], 0, 4) + "," + member("b", "U8", [1], 5, 6) + "}", 6,
      .hole(tensor: "b", begin: 5, previousEnd: 4)
    ),
    (
      "{" + member("a", "U8", [4], 1, 5) + "}", 5, .hole(tensor: "a", begin: 1, previousEnd: 0)
    ),
    ("{" + member("a", "U8", [4], 0, 4) + "}", 6, .trailingBytes(tensor: "a", count: 2)),
    ("{}", 1, .trailingBytes(tensor: nil, count: 1)),
    (
      "{" + member("a", "U8", [1], 0, 1) + "," + member("a", "U8", [1], 1, 2) + "}", 2,
      .duplicate(tensor: "a")
    ),
    (
      "{" + member("a", "U8", [1], 0, 1) + "," + member(#"\u0061"#, "U8", [1], 1, 2) + "}", 2,
      .duplicate(tensor: "a")
    ),
    (
      #"{"__metadata__":{},"__metadata__":{}}"#, 0, .duplicate(tensor: "__metadata__")
    ),
    (#"{"__metadata__":{"a":"","a":""}}"#, 0, .duplicate(tensor: "__metadata__")),
    (
      #"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"shape":[]}}"#, 1,
      .duplicate(tensor: "a")
    ),
  ]

  @Test(arguments: tensors)
  func `a tensor that breaks a rule is named`(header: String, data: Int, error: ArrayFileError) {
    let file = fileBytes(header: header, data: [UInt8](repeating: 0, count: data))
    #expect(throws: error) { try TensorFile(file) }
  }

  /// Headers that are not of the one shape that the format allows.
  static let malformed: [String] = [
    "", " {}", "[]", "null", "{", "}", "{}}", "{}{}", "{} x", "{,}", #"{"a"}"#, #"{"a":}"#,
    #"{"a":1}"#, #"{"a":{}}"#, #"{"a":null}"#, #"{"__metadata__":1}"#, #"{"__metadata__":null}"#,
    #"{"__metadata__":{"a":1}}"#, #"{"__metadata__":{"a":{}}}"#, #"{"__metadata__":{"a"}}"#,
    #"{"a":{"dtype":"U8","shape":[1]}}"#, #"{"a":{"dtype":"U8","data_offsets":[0,1]}}"#,
    #"{"a":{"shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1}}"#,
    #"{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1,],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},}"#,
    #"{"a":{"dtype":"U8" "shape":[1],"data_offsets":[0,1]}}"#,
    #"{'a':{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"\x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"\u12":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"\u+123":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"\ud800\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"\udc00":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    "{\"a\nb\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
    "{/**/}", "{\"a", "{\"a\\", "{\"a\\u", "{\"a\\ud800\\u",
    String(repeating: "{\"a\":", count: 100_000),
    #"{"a":{"dtype":"U8","data_offsets":[0,1],"shape":"# + String(repeating: "[", count: 100_000),
  ]

  @Test(arguments: malformed.indices)
  func `a header of another shape is refused`(index: Int) {
    let file = fileBytes(header: Self.malformed[index], data: [0])
    let error = #expect(throws: ArrayFileError.self) { try TensorFile(file) }
    guard case .malformedHeader(let offset, _) = error else {
      Issue.record("\(Self.malformed[index].prefix(80)) gave \(String(describing: error))")
      return
    }
    #expect(offset <= Self.malformed[index].utf8.count)
  }

  @Test
  func `a header that is not UTF-8 is refused`() {
    var bytes = fileBytes(header: "{" + member("x", "U8", [1], 0, 1) + "}", data: [0])
    bytes[10] = 0xFF
    #expect(throws: ArrayFileError.malformedHeader(offset: 0, expected: "UTF-8")) {
      try TensorFile(bytes)
    }
  }

  @Test(arguments: [
    (UInt64(100_000_001), ArrayFileError.headerTooLong(bytes: 100_000_001, limit: 100_000_000)),
    (UInt64.max, .headerTooLong(bytes: .max, limit: 100_000_000)),
    (100_000_000, .truncated(bytes: 10, needed: 100_000_008)),
    (3, .truncated(bytes: 10, needed: 11)),
  ])
  func `a header's length is checked before it is believed`(
    length: UInt64, error: ArrayFileError
  ) {
    #expect(throws: error) { try TensorFile(littleEndian(length) + Array("{}".utf8)) }
  }

  /// Four tensors out of order, an empty one and a scalar among them, metadata, and padding.
  static let valid = fileBytes(
    header: "{" + #""__metadata__":{"format":"pt"},"# + member("b.weight", "F32", [2, 3], 4, 28)
      + " ,\n" + member("none", "F32", [0, 7], 4, 4) + "," + member("scalar", "F32", [], 0, 4)
      + "," + member("half", "F16", [2], 28, 32) + "}   ",
    data: bytes(of: [7, 1, -2, 0.5, .infinity, -0.0, 3]) + [0, 0x3C, 0, 0xC0])

  @Test(arguments: 0..<valid.count)
  func `a file cut anywhere is refused`(length: Int) {
    #expect(throws: ArrayFileError.self) { try TensorFile(Array(Self.valid[..<length])) }
  }

  @Test(arguments: 0..<8)
  func `a damaged file is refused or read, never a trap`(seed: Int) {
    var opened = 0
    for file in damaged(Self.valid, count: 250, seed: seed) {
      do throws(ArrayFileError) {
        let file = try TensorFile(file)
        opened += 1
        for (name, entry) in file.header.tensors
        where [.f32, .f16].contains(entry.dataType) {
          let count = try file.array(name).floats().count
          #expect(count == entry.count)
        }
      } catch {}
    }
    #expect(opened > 0, "nothing opened: the changes never reach past the header")
    #expect(opened < 250, "everything opened: nothing is checked")
  }
}
