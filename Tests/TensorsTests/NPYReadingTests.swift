import Tensors
import Support
import Testing

@Suite("NPY reading") struct NPYReadingTests {
  /// A file whose header is this text.
  static func file(_ header: String, data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
    let length = littleEndian(UInt32(header.utf8.count)).prefix(version == 1 ? 2 : 4)
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(header.utf8) + data
  }

  static func header(_ descriptor: String, _ shape: String, fortran: Bool = false) -> String {
    "{'descr': '\(descriptor)', 'fortran_order': \(fortran ? "True" : "False"), "
      + "'shape': \(shape), }\n"
  }

  /// Axes of 0 to 4 elements.
  static func shape(_ random: inout SeededNumbers) -> [Int] {
    (0..<random.below(5)).map { _ in random.below(5) }
  }

  @Test(arguments: ElementType.allCases)
  func `every array that is written is read back`(type: ElementType) throws {
    var random = SeededNumbers(seed: 1)
    for _ in 0..<100 {
      let shape = Self.shape(&random)
      let bytes = (0..<shape.reduce(type.size, *)).map { _ in UInt8(random.below(256)) }
      let file = NPY.header(shape: shape, of: type) + bytes
      let array = try StoredArray(npy: file)
      #expect(array.shape == shape && array.type == type)
      #expect(Array(file[array.range]) == bytes && array.count == shape.reduce(1, *))
      #expect(array.floats().count == array.count)
    }
  }

  @Test func `values of every type become floats and, where they are integers, integers`() throws {
    func array(_ descriptor: String, _ data: [UInt8], _ count: Int = 2) throws -> StoredArray {
      try StoredArray(npy: Self.file(Self.header(descriptor, "(\(count),)"), data: data))
    }
    let two: [(String, [UInt8])] = [
      ("|u1", [3, 255]), ("<u2", [3, 0, 255, 0]), ("<u4", littleEndian(UInt64(255 << 32 | 3))),
      ("<i4", littleEndian(UInt64(255 << 32 | 3))),
      ("<i8", littleEndian(Int64(3)) + littleEndian(Int64(255))),
    ]
    for (descriptor, data) in two {
      let array = try array(descriptor, data)
      #expect(array.floats() == [3, 255], "\(descriptor)")
      #expect(try array.int32s() == [3, 255], "\(descriptor)")
    }
    #expect(try array("<f2", [0, 0x3C, 1, 0]).floats() == [1, 5.9604645e-8])
    #expect(try array("<f4", bytes(of: [-1.5, .infinity])).floats() == [-1.5, .infinity])
    let doubles = [0.1, -1e300].flatMap { littleEndian($0.bitPattern) }
    #expect(try array("<f8", doubles).floats() == [0.1, -.infinity])
    let lowest = littleEndian(Int32.min) + littleEndian(Int32(-1))
    #expect(try array("<i4", lowest).int32s() == [.min, -1])
    #expect(try array("<u2", [0xFF, 0xFF, 0, 0x80]).int32s() == [65535, 32768])
    #expect(throws: ArrayFileError.exceedsInt32(place: 1)) {
      try array("<u4", littleEndian(UInt32(5)) + littleEndian(UInt32.max)).int32s()
    }
    #expect(throws: ArrayFileError.exceedsInt32(place: 0)) {
      try array("<i8", littleEndian(Int64(1) << 31), 1).int32s()
    }
    for type in [ElementType.float16, .float32, .float64] {
      let file = NPY.header(shape: [0], of: type)
      #expect(throws: ArrayFileError.notIntegers(type)) { try StoredArray(npy: file).int32s() }
    }
  }

  @Test func `an array whose first axis is the fastest is read in C order`() throws {
    var random = SeededNumbers(seed: 2)
    for _ in 0..<200 {
      let shape = Self.shape(&random)
      let count = shape.reduce(1, *)
      // Each element says its own place in C order.
      var stored = [UInt16](repeating: 0, count: count)
      for place in 0..<count {
        var (rest, step, target) = (place, count, 0)
        var below = 1
        for length in shape {
          step /= length
          target += rest / step * below
          rest %= step
          below *= length
        }
        stored[target] = UInt16(place)
      }
      let axes = shape.map { "\($0)," }.joined(separator: " ")
      let file = Self.file(
        Self.header("<u2", "(\(axes))", fortran: true), data: stored.flatMap(littleEndian))
      let array = try StoredArray(npy: file)
      #expect(try array.int32s() == (0..<Int32(count)).map { $0 }, "\(shape)")
      #expect(array.floats() == (0..<count).map { Float($0) }, "\(shape)")
    }
  }

  @Test(arguments: [
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n",
    "{'shape':(2,),'fortran_order':False,'descr':'|u1'}",
    "{\"descr\": \"|u1\",\n\t\"shape\": ( 2 , ), \"fortran_order\": True,}   \n",
  ])
  func `entries come in any order, quotes and spacing`(header: String) throws {
    for version: UInt8 in 1...3 {
      let array = try StoredArray(npy: Self.file(header, data: [7, 8], version: version))
      #expect(try array.shape == [2] && array.type == .uint8 && array.int32s() == [7, 8])
    }
  }

  @Test(arguments: [
    "", "{", "}", "{}", "{,}", "[]", "None", "{'descr'}", "{'descr':}", "{'descr': '|u1'}",
    "{'descr': '|u1', 'fortran_order': False}", "{'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'more': 1}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,),,}",
    "{'descr': '|u1' 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)} x",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}}",
    "{'descr': '|u1\", 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|\\u1', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': [('a', '|u1', (2,))], 'fortran_order': False, 'shape': (2,)}",
    "{'descr': [('a', '|u1')), 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|u1', 'fortran_order': false, 'shape': (2,)}",
    "{'descr': '|u1', 'fortran_order': 0, 'shape': (2,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': [2]}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': 2}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2.0,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (02,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2L,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1 2)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775808,)}",
    "{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,)}",
    String(repeating: "{'descr': ", count: 5000),
  ])
  func `a header of another shape is refused`(header: String) {
    let error = #expect(throws: ArrayFileError.self) {
      try StoredArray(npy: Self.file(header, data: [7, 8]))
    }
    guard case .malformedHeader(let offset, _) = error else {
      Issue.record("\(header.prefix(80)) gave \(String(describing: error))")
      return
    }
    #expect(offset <= header.utf8.count)
  }

  static let plain = file(header("|u1", "(2,)"), data: [7, 8])
  static let refused: [(file: [UInt8], error: ArrayFileError)] = [
    (plain + [9], .trailingBytes(tensor: nil, count: 1)),
    (Array(plain.dropLast()), .truncated(bytes: plain.count - 1, needed: UInt64(plain.count))),
    (file(header(">f4", "(1,)"), data: [0, 0, 0, 0]), .unknownDataType(tensor: nil, name: ">f4")),
    (file(header("|O", "(1,)"), data: [0]), .unknownDataType(tensor: nil, name: "|O")),
    (
      file("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2,)}", data: [7, 8]),
      .unknownDataType(tensor: nil, name: "a record of 1 fields")
    ),
    (file(header("<c8", "()"), data: [0]), .unknownDataType(tensor: nil, name: "<c8")),
    (
      file(header("<f4", "(\(Int.max), 2)")), .shapeTooLarge(tensor: nil, shape: [.max, 2])
    ),
    (file(header("<f8", "(\(1 << 60),)")), .shapeTooLarge(tensor: nil, shape: [1 << 60])),
    (
      file(header("|u1", "(\(Int.max),)")),
      .truncated(
        bytes: file(header("|u1", "(\(Int.max),)")).count,
        needed: UInt64(file(header("|u1", "(\(Int.max),)")).count) + UInt64(Int.max))
    ),
    (
      file(header("|u1", "(" + String(repeating: "1, ", count: 65) + ")"), data: [0]),
      .tooManyAxes(count: 65, limit: 64)
    ),
    (
      Array(file("", version: 2).dropLast(4)) + littleEndian(UInt32.max),
      .headerTooLong(bytes: 0xFFFF_FFFF, limit: 65535)
    ),
    (file("", version: 4), .malformedHeader(offset: 6, expected: "version 1.0, 2.0 or 3.0")),
    ([], .malformedHeader(offset: 0, expected: "\\x93NUMPY")),
    (Array("PK".utf8), .malformedHeader(offset: 0, expected: "\\x93NUMPY")),
  ]

  @Test(arguments: refused.indices)
  func `what an array may not be is told`(index: Int) {
    let (file, error) = Self.refused[index]
    #expect(throws: error) { try StoredArray(npy: file) }
  }

  @Test(arguments: 1...3)
  func `a file cut anywhere is refused`(version: UInt8) {
    let file = Self.file(
      Self.header("<f4", "(2, 3)"), data: bytes(of: [1, 2, 3, 4, 5, 6]),
      version: version)
    for length in 0..<file.count {
      #expect(throws: ArrayFileError.self) { try StoredArray(npy: Array(file[..<length])) }
    }
  }

  @Test(arguments: 0..<16)
  func `a damaged file is refused or read, never a trap`(seed: Int) {
    let file = Self.file(
      Self.header("<i4", "(2, 3)", fortran: seed % 2 == 0), data: [UInt8](repeating: 9, count: 24),
      version: UInt8(1 + seed % 3))
    var opened = 0
    for file in damaged(file, count: 500, seed: seed) {
      guard let array = try? StoredArray(npy: file) else { continue }
      opened += 1
      #expect(array.count == array.shape.reduce(1, *) && array.floats().count == array.count)
      if let integers = try? array.int32s() { #expect(integers.count == array.count) }
    }
    #expect(opened > 0, "nothing opened: the changes never reach past the header")
    #expect(opened < 500, "everything opened: nothing is checked")
  }
}
