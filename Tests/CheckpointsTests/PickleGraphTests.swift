import Checkpoints
import Support
import Testing

@Suite("Pickles") struct PickleGraphTests {
  private func graph(_ bytes: [UInt8]) throws -> PickleGraph {
    try PickleGraph(ByteArray([0x80, 4] + bytes + [0x2E]))
  }

  static let constants: [(bytes: [UInt8], value: PickleGraph.Value)] = [
    ([0x4E], .none), ([0x88], .bool(true)), ([0x89], .bool(false)), ([0x4B, 200], .int(200)),
    ([0x4D, 0x34, 0x12], .int(0x1234)), ([0x4A, 0xFE, 0xFF, 0xFF, 0xFF], .int(-2)),
    ([0x8A, 0], .int(0)), ([0x8A, 1, 0xFF], .int(-1)), ([0x8A, 2, 0xFF, 0], .int(255)),
    ([0x8B, 3, 0, 0, 0, 1, 2, 0x80], .int(-8_388_095)),
    ([0x8A, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9], .large([1, 2, 3, 4, 5, 6, 7, 8, 9])),
    ([0x47, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0], .float(1.5)),
    ([0x8C, 2] + "hé".utf8.prefix(2), .text("h\u{FFFD}")), ([0x8C, 3] + "hé".utf8, .text("hé")),
    ([0x58, 2, 0, 0, 0] + "hi".utf8, .text("hi")), ([0x55, 2] + "hi".utf8, .text("hi")),
    ([0x55, 1, 0xFF], .bytes([0xFF])), ([0x43, 2, 1, 2], .bytes([1, 2])),
    ([0x8E, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2], .bytes([1, 2])),
    (Array("cposix\nsystem\n".utf8), .symbol("posix.system")),
    ([0x8C, 1, 0x61, 0x8C, 1, 0x62, 0x93], .symbol("a.b")), ([0x4B, 1, 0x4B, 2, 0x30], .int(1)),
    ([0x28, 0x4B, 1, 0x31, 0x4B, 2], .int(2)), ([0x4B, 3, 0x71, 9, 0x30, 0x68, 9], .int(3)),
    ([0x4B, 3, 0x94, 0x4B, 4, 0x94, 0x30, 0x30, 0x68, 1], .int(4)),
    ([0x4B, 5, 0x28, 0x30], .int(5)),
  ]

  @Test(arguments: constants)
  func `constants, texts and memories are read`(bytes: [UInt8], value: PickleGraph.Value) throws {
    #expect(try graph(bytes).root == value)
  }

  @Test
  func `what is remembered is shared, and may hold itself`() throws {
    // d = {}; d["a"] = d, then again what is remembered: its member is the same dictionary.
    let graph = try graph([0x7D, 0x94, 0x8C, 1, 0x61, 0x68, 0, 0x73, 0x68, 0])
    #expect(graph.members(of: graph.root).map(\.key) == ["a"])
    #expect(graph.members(of: graph.root)[0].value == graph.root)
  }

  @Test
  func `of equal keys the last counts, in the place of the first`() throws {
    let pairs: [UInt8] = [0x8C, 1, 0x61, 0x4B, 1, 0x8C, 1, 0x62, 0x4B, 2, 0x8C, 1, 0x61, 0x4B, 3]
    let graph = try graph([0x7D, 0x28] + pairs + [0x75])
    #expect(graph.members(of: graph.root).map(\.key) == ["a", "b"])
    #expect(graph.members(of: graph.root).map(\.value) == [.int(3), .int(2)])
  }

  @Test
  func `a million nested tuples are neither built nor freed recursively`() throws {
    let deep = [UInt8](repeating: 0x85, count: 1_000_000)
    guard case .node(let last) = try graph([0x4E] + deep).root else {
      Issue.record("no node")
      return
    }
    #expect(last == 999_999)
  }

  static let refused: [(name: String, bytes: [UInt8], error: CheckpointError)] = [
    ("nothing to take", [0x30], .malformedPickle(offset: 3, expected: "a value on the stack")),
    (
      "below a mark", [0x4E, 0x28, 0x85],
      .malformedPickle(offset: 5, expected: "a value on the stack")
    ),
    ("no mark", [0x74], .malformedPickle(offset: 3, expected: "a mark on the stack")),
    (
      "nothing remembered", [0x68, 0],
      .malformedPickle(offset: 4, expected: "a value remembered as 0")
    ),
    (
      "an odd dictionary", [0x28, 0x4E, 0x64],
      .malformedPickle(offset: 5, expected: "a value for every key")
    ),
    (
      "an item for a number", [0x4E, 0x4E, 0x61],
      .malformedPickle(offset: 5, expected: "a container on the stack")
    ),
    ("protocol 6", [0x80, 6], .malformedPickle(offset: 4, expected: "protocol 5 at most")),
    ("text of protocol 0", [0x49, 0x31, 0x0A], .unknownInstruction(offset: 2, code: 0x49)),
    ("an extension", [0x82, 1], .unknownInstruction(offset: 2, code: 0x82)),
    ("a persistent line", [0x50, 0x0A], .unknownInstruction(offset: 2, code: 0x50)),
    (
      "a long text", [0x8D] + [UInt8](repeating: 0xFF, count: 7) + [0x7F],
      .truncated(bytes: 12, needed: .max)
    ),
    (
      "a negative length", [0x8B, 0xFF, 0xFF, 0xFF, 0xFF],
      .malformedPickle(offset: 7, expected: "an integer's length")
    ),
    (
      "a call", Array("cbuiltins\neval\n".utf8) + [0x29, 0x52],
      .refusedCall(symbol: "builtins.eval")
    ),
    (
      "a hidden call",
      Array("ctorch._tensor\n_rebuild_from_type_v2\n".utf8)
        + Array("cos\nsystem\n".utf8) + [0x4E, 0x29, 0x87, 0x52], .refusedCall(symbol: "os.system")
    ),
    (
      "a stack too high", [UInt8](repeating: 0x4E, count: CheckpointLimit.stack.value + 1),
      .limitExceeded(.stack, count: CheckpointLimit.stack.value + 1)
    ),
    (
      "too many lists",
      Array([[UInt8]](repeating: [0x5D, 0x30], count: CheckpointLimit.nodes.value + 1).joined()),
      .limitExceeded(.nodes, count: CheckpointLimit.nodes.value + 1)
    ),
    (
      "a long line", [0x63] + [UInt8](repeating: 0x61, count: 5000),
      .limitExceeded(.line, count: 4097)
    ),
  ]

  /// A tensor of one element and so many axes.
  private static func tensor(axes: Int, key: String = "0") -> [UInt8] {
    let ones = [Int](repeating: 1, count: axes)
    return Pickled.tensor(Pickled.storage(key, count: 1), shape: ones, strides: ones)
  }

  @Test
  func `what may be referred to again and again is short`() throws {
    let long = String(repeating: "a", count: CheckpointLimit.line.value)
    func fails(_ expected: String, _ bytes: [UInt8], at end: Int) {
      #expect(throws: CheckpointError.malformedPickle(offset: 2 + end, expected: expected)) {
        try graph(bytes)
      }
    }
    #expect(try graph(Self.tensor(axes: 32, key: long)).root == .tensor(0))
    let (wide, stranger) = (Self.tensor(axes: 33), Self.tensor(axes: 1, key: long + "a"))
    fails("a tensor's storage, offset, size and stride", wide, at: wide.count)
    // The storage is made before an offset, two tuples of an axis, the arguments and the tensor.
    fails("a storage's type, key and size", stranger, at: stranger.count - 5 - 14 - 2)
    #expect(
      try graph(Pickled.text("a") + Pickled.text(String(long.dropLast())) + [0x93]).root != .none)
    #expect(throws: CheckpointError.limitExceeded(.line, count: CheckpointLimit.line.value + 1)) {
      try graph(Pickled.text("a") + Pickled.text(long) + [0x93])
    }
  }

  /// A list whose third item is itself is what the function in its first is called with.
  @Test
  func `a call that is wrapped in itself comes to an end`() {
    let name = Array("ctorch._tensor\n_rebuild_from_type_v2\n".utf8)
    let bytes = name + [0x5D, 0x94] + name + [0x61, 0x4E, 0x61, 0x68, 0, 0x61, 0x52]
    let error = CheckpointError.malformedPickle(
      offset: 2 + bytes.count, expected: "a function that rebuilds a tensor")
    #expect(throws: error) { try graph(bytes) }
  }

  @Test(arguments: refused)
  func `what breaks a rule or a limit is refused by its place or name`(
    name: String, bytes: [UInt8], error: CheckpointError
  ) {
    #expect(throws: error) { try graph(bytes) }
  }
}
