import Tensors
import Featurization
import Foundation
import Imaging
import Support
import Testing

/// Posted bodies from untrusted clients: read, or refused with the reason.
@Suite("Posted bodies") struct QueryPayloadTests {
  static let size = Size(width: 9, height: 7)

  private func points(_ bytes: [UInt8]) throws(PayloadError) -> PointUpload {
    try PointUpload(bytes, of: Self.size, limits: .tests)
  }

  private func json(_ text: String) throws(PayloadError) -> PointUpload {
    try points(Array(text.utf8))
  }

  @Test func `Points: another shape or type is refused`() {
    for shape in [[4], [2, 3], [1, 2, 2], [], [2, 1], [0]] {
      let bytes = npy(shape, .int32, [UInt8](repeating: 0, count: 4 * shape.reduce(1, *)))
      #expect(throws: PayloadError.shape(shape, wanted: "[n, 2]")) { try points(bytes) }
    }
    for type in [ElementType.float16, .float32, .float64] {
      let bytes = npy([1, 2], type, [UInt8](repeating: 0, count: 2 * type.size))
      #expect(throws: PayloadError.array(.notIntegers(type))) { try points(bytes) }
    }
    let far = npy([1, 2], .int64, littleEndian(Int64(1)) + littleEndian(Int64(1) << 31))
    #expect(throws: PayloadError.array(.exceedsInt32(place: 1))) { try points(far) }
  }

  @Test func `Points: as many as the limit are read, one more is refused`() throws {
    for count in [5000, 5001] {
      let error = PayloadError.tooManyPoints(limit: 5000, points: 5001)
      let list = Array(repeating: (x: 1, y: 2), count: count)
      let text = "{\"points\":[\(list.map { "[\($0.x),\($0.y)]" }.joined(separator: ","))]}"
      if count == 5000 {
        #expect(try points(npy(points: list)).points.count == count)
        #expect(try json(text).points.count == count)
      } else {
        #expect(throws: error) { try points(npy(points: list)) }
        #expect(throws: error) { try json(text) }
      }
    }
    for (width, height) in [(100, 50), (100, 51)] {
      let size = Size(width: width, height: height)
      let levels = [UInt8](repeating: 1, count: width * height)
      let body = try Raster(size: size, channels: 1, samples: .uint8(levels)).png()
      if height == 50 {
        #expect(try PointUpload(body, of: size, limits: .tests).labels?.count == 5000)
      } else {
        #expect(throws: PayloadError.tooManyPoints(limit: 5000, points: 5100)) {
          try PointUpload(body, of: size, limits: .tests)
        }
      }
    }
  }

  @Test func `Points: JSON of as many bytes as the limit is read, of one more refused`() throws {
    var limits = FeaturizationLimits.tests
    limits.jsonBytes = 100
    for count in [100, 101] {
      let text = #"{"points":[[1,2]]}"#
      let body = Array((text + String(repeating: " ", count: count - text.utf8.count)).utf8)
      if count == 100 {
        #expect(try PointUpload(body, of: Self.size, limits: limits).points.count == 1)
      } else {
        #expect(throws: PayloadError.tooMuchJSON(limit: 100, bytes: 101)) {
          try PointUpload(body, of: Self.size, limits: limits)
        }
      }
    }
  }

  /// Foundation's general JSON reader, for comparison.
  private func slow(_ text: String) -> [[Int32]]? {
    struct Body: Decodable { let points: [[Int32]] }
    let body = try? JSONDecoder().decode(Body.self, from: Data(text.utf8))
    return body.flatMap { $0.points.allSatisfy { $0.count == 2 } ? $0.points : nil }
  }

  /// Integers in various spellings, with space in all places.
  private func text(of points: [[Int32]], _ numbers: inout SeededNumbers) -> String {
    func space() -> String { ["", "", " ", "\n\t ", "\r\n"][numbers.below(5)] }
    func words(_ items: [String]) -> String {
      "[" + items.map { space() + $0 + space() }.joined(separator: ",") + "]"
    }
    let pairs = points.map { point in
      words(point.map { "\($0)" + ["", "", "", ".0", ".000"][numbers.below(5)] })
    }
    return
      "\(space()){\(space())\"points\"\(space()):\(space())\(words(pairs))\(space())}\(space())"
  }

  @Test(arguments: 0..<40)
  func `Points: JSON is read as Foundation reads it, also when it is damaged`(seed: Int) throws {
    var numbers = SeededNumbers(seed: seed)
    let ends: [Int32] = [.min, .min + 1, -1, 0, 1, 9, 10, .max - 1, .max]
    let points = (0..<1 + numbers.below(20)).map { _ in
      (0..<2).map { _ in
        numbers.below(3) == 0 ? ends[numbers.below(ends.count)] : Int32(numbers.below(70_000))
      }
    }
    let sound = text(of: points, &numbers)
    #expect(try json(sound).points == points.map { Selection.Point(x: Int($0[0]), y: Int($0[1])) })
    for _ in 0..<200 {
      let damaged = String(decoding: changed(Array(sound.utf8), &numbers), as: UTF8.self)
      // Any JSON read here is read alike by Foundation, which accepts more, such as 1e2 and other
      // keys.
      guard let read = try? json(damaged) else { continue }
      let expected = slow(damaged)?.map { Selection.Point(x: Int($0[0]), y: Int($0[1])) }
      #expect(expected == read.points, "\(damaged)")
    }
  }

  @Test func `Points: an empty list is refused`() throws {
    #expect(throws: PayloadError.nothing) { try points(npy([0, 2], .int32, [])) }
    let size = Self.size
    var ids = [UInt8](repeating: 0, count: size.width * size.height)
    (ids[1], ids[size.width + 2]) = (7, 9)
    let labelled = try points(npy([size.height, size.width], .uint8, ids))
    #expect(labelled.labels == [7, 9])
    #expect(labelled.points == [.init(x: 1, y: 0), .init(x: 2, y: 1)])
    #expect(throws: PayloadError.nothing) { try json(#"{"points":[]}"#) }
    let blank = Raster(
      size: Self.size, channels: 1, samples: .uint8([UInt8](repeating: 0, count: 63)))
    #expect(throws: PayloadError.nothing) { try points(blank.png()) }
  }

  static let malformed = [
    "{", "{}", "{\"points\"}", "{\"points\":}", "{\"points\":[}", "{\"points\":null}",
    "{\"points\":[1,2]}", "{\"points\":[[1]]}", "{\"points\":[[1,2,3]]}", "{\"points\":[[]]}",
    "{\"points\":[[1,2],[3]]}", "{\"points\":[[1.5,2]]}", "{\"points\":[[\"1\",2]]}",
    "{\"points\":[[1,2147483648]]}", "{\"points\":[[1,1e400]]}", "{\"points\":[[NaN,1]]}",
    "{\"points\":[[true,false]]}", "{\"points\":{\"0\":[1,2]}}", "{\"Points\":[[1,2]]}",
    "{\"points\":[[1,2]]} x", "{\"points\":[[1,2]],\"points\":[[1,2]]}", "{\"points\":[[1,2],]}",
    "{\"points\":[[1,2]],\"x\":1}", "{\"points\":[[01,2]]}", "{\"points\":[[- 1,2]]}",
    "{\"points\":[[1.,2]]}",
    "{\"points\":[[-,2]]}", "{\"points\":[[1,2] [3,4]]}", "{\"points\":[[1,-2147483649]]}",
    "{\"points\":[[1,12345678901234567890]]}", "{\"points\":[[1 2]]}", "{\"points\":[[+1,2]]}",
    "{\"points\":[[1,2]]", "{\"points\":\"[[1,2]]\"}", "{\u{0}}",
    "{\"points\":" + String(repeating: "[", count: 200_000),
    "{\"points\":" + String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)
      + "}",
    "{\"points\":[[1,2]],\"x\":" + String(repeating: "{\"x\":", count: 100_000),
    "{" + String(repeating: " ", count: 100_000),
  ]

  @Test(arguments: malformed.indices)
  func `Points: JSON without a list of pairs is refused as malformed`(index: Int) {
    #expect(throws: PayloadError.malformedJSON) { try json(Self.malformed[index]) }
  }

  @Test func `Points: a body that is not an array, JSON or an image is not recognised`() {
    for text in ["", " ", "[[1,2]]", "points", "\u{feff}{\"points\":[[1,2]]}", "<svg/>"] {
      #expect(throws: PayloadError.unrecognised, "\(text)") { try json(text) }
    }
  }

  @Test func `Labels: an image must be grey, integral and of the field's size`() throws {
    for (width, height) in [(8, 7), (9, 8), (7, 9)] {
      #expect(throws: PayloadError.self) {
        try points(Raster.noise(width, height, channels: 1).png())
      }
    }
    #expect(throws: PayloadError.shape([7, 9, 3], wanted: "[7, 9], one channel of whole numbers")) {
      try points(Raster.noise(9, 7).png())
    }
    let whole = ForgedTIFF(floats: [Float](repeating: 1, count: 63), width: 9, height: 7)
    #expect(try points(whole.bytes).labels == [UInt16](repeating: 1, count: 63))
    let broken = ForgedTIFF(floats: [Float](repeating: 1.5, count: 63), width: 9, height: 7)
    #expect(throws: PayloadError.labelValue(1.5)) { try points(broken.bytes) }
    var damaged = try Raster.noise(9, 7, channels: 1).png()
    for index in damaged.count - 20..<damaged.count - 16 { damaged[index] ^= 0xFF }
    #expect(throws: PayloadError.unrecognised) { try points(withSumsMadeRight(damaged)) }
    #expect(throws: PayloadError.self) {
      try points(png(Raster.noise(9, 7, channels: 1).png(), width: 60000, height: 60000))
    }
  }

  private func map(_ bytes: [UInt8]) throws(PayloadError) { _ = try LinearMapUpload(bytes, dim: 6) }

  private func weights(_ shape: [Int], _ value: Float = 1) -> [UInt8] {
    npy(shape, .float32, bytes(of: [Float](repeating: value, count: shape.reduce(1, *))))
  }

  @Test func `Linear map: another shape is refused, or too many rows`() {
    for shape in [[6], [1, 5], [6, 1], [1, 1, 6], [0, 6], []] {
      #expect(throws: PayloadError.shape(shape, wanted: "[k, 6]")) { try map(weights(shape)) }
    }
    #expect(throws: Never.self) { try map(weights([256, 6])) }
    #expect(throws: PayloadError.tooManyRows(limit: 256, rows: 257)) { try map(weights([257, 6])) }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, 1e15, -3e38])
  func `Linear map: values that are not finite are refused`(value: Float) {
    #expect(throws: PayloadError.notFinite) { try map(weights([2, 6], value)) }
    let header = "{\(member("weight", "F32", [1, 6], 0, 24)),\(member("bias", "F32", [1], 24, 28))}"
    let ones = bytes(of: [1, 1, 1, 1, 1, 1])
    #expect(throws: PayloadError.notFinite) {
      try map(fileBytes(header: header, data: ones + bytes(of: [value])))
    }
    #expect(throws: Never.self) { try map(fileBytes(header: header, data: ones + ones.prefix(4))) }
  }

  @Test func `Linear map: tensors other than weight and bias are refused by name`() {
    let ones = bytes(of: [Float](repeating: 1, count: 12))
    let noWeight = fileBytes(header: "{\(member("w", "F32", [2, 6], 0, 48))}", data: ones)
    #expect(throws: PayloadError.array(.missing(tensor: "weight"))) { try map(noWeight) }
    for shape in [[2], [1, 1], [0]] {
      let end = 24 + 4 * shape.reduce(1, *)
      let header =
        "{\(member("weight", "F32", [1, 6], 0, 24)),\(member("bias", "F32", shape, 24, end))}"
      #expect(throws: PayloadError.shape(shape, wanted: "[1]")) {
        try map(fileBytes(header: header, data: Array(ones.prefix(end))))
      }
    }
  }

  @Test func `Linear map: a header beyond its limit is refused before it is read`() throws {
    let tensor = member("weight", "F32", [1, 6], 0, 24)
    let data = bytes(of: [Float](repeating: 1, count: 6))
    for (length, isRead) in [
      (LinearMapUpload.headerLimit, true), (LinearMapUpload.headerLimit + 1, false),
    ] {
      let padding = String(repeating: " ", count: length - tensor.utf8.count - 2)
      let body = fileBytes(header: "{\(tensor)}\(padding)", data: data)
      if isRead {
        #expect(throws: Never.self) { try map(body) }
      } else {
        #expect(
          throws: PayloadError.array(
            .headerTooLong(bytes: UInt64(length), limit: LinearMapUpload.headerLimit))
        ) { try map(body) }
      }
    }
  }

  /// A body with some bytes changed, removed, doubled or cut off.
  private func changed(_ body: [UInt8], _ numbers: inout SeededNumbers) -> [UInt8] {
    var bytes = body
    for _ in 0...numbers.below(3) where !bytes.isEmpty {
      let place = numbers.below(bytes.count)
      switch numbers.below(6) {
      case 0: bytes[place] = UInt8(numbers.below(256))
      case 1: bytes[place] ^= 1 << UInt8(numbers.below(8))
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(bytes[place], at: place)
      case 4: bytes.removeLast(numbers.below(min(bytes.count, 40)))
      default: bytes[place] = Array("{}[]()'\",:0129-".utf8)[numbers.below(15)]
      }
    }
    return bytes
  }

  @Test(arguments: 0..<4)
  func `Points: damaged bodies are read within the limits or refused`(kind: Int) throws {
    var numbers = SeededNumbers(seed: kind)
    let list = (0..<9).map { (x: $0, y: $0 % 7) }
    let bodies = [
      npy(points: list), Array(#"{"points": [[0,1],[2,3],[8,6]]}"#.utf8),
      try Raster.noise(9, 7, channels: 1).png(),
      try Raster.noise(9, 7, channels: 1).png(),
    ]
    var outcomes: Set<String> = []
    for _ in 0..<3000 {
      var body = changed(bodies[kind], &numbers)
      if kind == 3 { body = withSumsMadeRight(body) }
      do throws(PayloadError) {
        let read = try points(body)
        #expect((1...5000).contains(read.points.count))
        #expect(read.labels.map { $0.count == read.points.count } ?? true)
        outcomes.insert("read")
      } catch {
        outcomes.insert("refused")
      }
    }
    #expect(outcomes == ["read", "refused"])
  }

  @Test func `Linear map: damaged bodies are read or refused`() throws {
    var numbers = SeededNumbers(seed: 9)
    let header = "{\(member("weight", "F32", [2, 6], 0, 48)),\(member("bias", "F32", [2], 48, 56))}"
    let bodies = [
      weights([2, 6]), fileBytes(header: header, data: bytes(of: [Float](repeating: 1, count: 14))),
    ]
    var (read, refused) = (0, 0)
    for round in 0..<6000 {
      do throws(PayloadError) {
        try map(changed(bodies[round % 2], &numbers))
        read += 1
      } catch {
        refused += 1
      }
    }
    #expect(read > 100 && refused > 100)
  }
}
