import Tensors
import Files
import Featurization
import Foundation
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Answers to posted bodies") struct QueryPayloadAnswersTests {
  static let size = Size(width: 37, height: 30)
  let stub = StubFeaturizer()

  private func field() async throws -> KeptField {
    try await KeptField(stub, Raster.noise(37, 30, seed: 11), "stride=9")
  }

  private static func weights(_ classes: Int) -> (weight: [Float], bias: [Float]) {
    var numbers = SeededNumbers(seed: classes)
    return (numbers.floats(classes * 6), numbers.floats(classes, upTo: 3))
  }

  private static func safetensors(_ classes: Int) -> [UInt8] {
    let (weight, bias) = weights(classes)
    let end = 4 * weight.count
    let members = [
      member("weight", "F32", [classes, 6], 0, end),
      member("bias", "F32", [classes], end, end + 4 * classes),
    ]
    return fileBytes(
      header: "{\(members.joined(separator: ","))}", data: bytes(of: weight) + bytes(of: bias))
  }

  /// The logits of one vector under a linear map.
  private static func logits(_ vector: [Float], _ weight: [Float], _ bias: [Float]?) -> [Float] {
    (0..<weight.count / 6).map { row in
      (0..<6).reduce(bias?[row] ?? 0) { $0 + weight[row * 6 + $1] * vector[$1] }
    }
  }

  @Test(arguments: [1, 2, 5, 20], ["", "grid=patch", "region=4,5,20,11", "points=36,29;0,0;5,9"])
  func `Linear map: it is applied to every requested vector`(
    classes: Int, query: String
  ) async throws {
    let field = try await field()
    let vectors = try await field.array(query).vectors
    let (weight, bias) = Self.weights(classes)
    let projected = OutputKind.ofMaps
    for (file, bias) in [
      (Self.safetensors(classes), bias), (npy([classes, 6], .float32, bytes(of: weight)), nil),
    ] as [([UInt8], [Float]?)] {
      let expected = vectors.map { Self.logits($0, weight, bias) }
      let logits = try await field.array(query, among: projected, posted: QueryPayload(file))
      #expect(logits.shape.last == classes && logits.shape.reduce(1, *) == expected.count * classes)
      #expect(difference(logits.values, expected.flatMap { $0 }) < 1e-4)

      let chances = expected.flatMap { values in
        let powers = values.map { exp(Double($0 - (values.max() ?? 0))) }
        return powers.map { Float($0 / powers.reduce(0, +)) }
      }
      let probabilities = try await field.array(
        "\(query)&output=probabilities", among: projected, posted: QueryPayload(file))
      #expect(difference(probabilities.values, chances) < 1e-4)

      let answer = try await field.ask(
        "\(query)&output=labels&format=npy", among: projected, posted: QueryPayload(file))
      #expect(answer.shape == Array(logits.shape.dropLast()))
      let labels = try await StoredArray(npy: answer.bytes()).int32s()
      try #require(labels.count == expected.count)
      for (label, values) in zip(labels, expected) {
        #expect((values.max() ?? 0) - values[Int(label)] < 1e-4)
      }
      guard !query.hasPrefix("points") else { continue }
      let picture = try await decode(
        field.ask("\(query)&output=labels", among: projected, posted: QueryPayload(file)).bytes(),
        limits: DecodingLimits())
      #expect(picture.samples == .uint8(labels.map { UInt8($0) }))
    }
  }

  @Test func `Similarity: it is the cosine with the mean of the points' vectors`() async throws {
    let field = try await field()
    let whole = try await field.array("")
    for points in [[(3, 4)], [(0, 0), (36, 29), (10, 3)]] {
      let text = points.map { "\($0.0),\($0.1)" }.joined(separator: ";")
      let found = try await field.array("points=\(text)", among: [.similarity])
      #expect(found.shape == [30, 37])
      let query = (0..<6).map { k in
        points.reduce(0) { $0 + whole.vector(x: $1.0, y: $1.1)[k] } / Float(points.count)
      }
      func length(_ vector: [Float]) -> Float {
        vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      let expected = whole.vectors.map { vector in
        zip(vector, query).reduce(0) { $0 + $1.0 * $1.1 } / length(vector) / length(query)
      }
      #expect(difference(found.values, expected) < 1e-4)
      let picture = try await field.ask("points=\(text)&format=png", among: [.similarity])
      #expect(picture.shape == [30, 37, 3])
    }
  }

  private static let places = [(36, 29), (0, 0), (5, 9), (5, 9), (36, 0)]

  private static let bodies: [[UInt8]] = [
    npy(points: places),
    npy(
      [5, 2], .int64,
      places.flatMap { littleEndian(Int64($0.0)) + littleEndian(Int64($0.1)) }),
    npy([5, 2], .uint8, places.flatMap { [UInt8($0.0), UInt8($0.1)] }),
    Array(#"{"points": [[36,29],[0,0], [5,9],[5,9],[36,0]]}"#.utf8),
    Array("\n\t {\"points\":[[36,29],[0,0],[5,9],[5,9],[36,0]]}\r\n".utf8),
  ]

  @Test(arguments: bodies.indices)
  func `Sample: posted points are answered in their order`(body: Int) async throws {
    let field = try await field()
    for query in ["", "components=2", "normalise=l2&dtype=float16"] {
      let whole = try await field.array(query)
      let answer = try await field.ask(
        query, among: OutputKind.ofPoints, posted: QueryPayload(Self.bodies[body]))
      let found = try await ArrayFile(answer.bytes())
      #expect(found.shape == [5, whole.shape[2]])
      #expect(found.vectors == Self.places.map { whole.vector(x: $0.0, y: $0.1) })
    }
  }

  @Test(arguments: [8, 16], ["npz", "safetensors", "npy"])
  func `Sample: labelled pixels are in row-major order, with labels and places`(
    bits: Int, format: String
  ) async throws {
    var noise = Noise(seed: UInt64(bits))
    let levels = (0..<37 * 30).map { _ in
      Int.random(in: 0..<9, using: &noise) == 0 ? UInt16.random(in: 1..<200, using: &noise) : 0
    }
    let samples: Raster.Samples =
      bits == 8 ? .uint8(levels.map { UInt8($0) }) : .uint16(levels.map { $0 * 300 })
    let body = try Raster(size: Self.size, channels: 1, samples: samples).png()
    let field = try await field()
    let whole = try await field.array("")
    let answer = try await field.ask(
      "format=\(format)", among: OutputKind.ofPoints, posted: QueryPayload(body))
    let places = levels.indices.filter { levels[$0] != 0 }
    #expect(answer.shape == [places.count, 6])
    let arrays = try await arrays(answer.bytes(), answer.format)
    let features = try #require(arrays[format == "npy" ? "" : "features"])
    #expect(features.floats() == places.flatMap { whole.vectors[$0] })
    #expect(arrays.count == (format == "npy" ? 1 : 3))
    guard format != "npy" else { return }
    let scale: UInt16 = bits == 8 ? 1 : 300
    #expect(try arrays["labels"]?.int32s() == places.map { Int32(levels[$0] * scale) })
    #expect(
      try arrays["points"]?.int32s() == places.flatMap { [Int32($0 % 37), Int32($0 / 37)] })
    #expect(arrays["points"]?.shape == [places.count, 2])
  }

  @Test func `Sample: points outside are refused, naming the first`() async throws {
    let field = try await field()
    for (x, y) in [(-1, 0), (0, -1), (37, 0), (0, 30), (Int(Int32.max), Int(Int32.min))] {
      let expected = FeaturizationError.outside(x: x, y: y, of: Self.size)
      await #expect(throws: expected) {
        try await field.ask(
          "", among: OutputKind.ofPoints,
          posted: QueryPayload(npy(points: [(1, 1), (x, y), (99, 99)])))
      }
    }
  }

  @Test func `Names: the posted body is part of the answer's name`() async throws {
    let field = try await field()
    var names: Set<String> = []
    for body in Self.bodies {
      names.insert(
        try await field.ask(
          "", among: OutputKind.ofPoints, posted: QueryPayload(body)
        ).name.description)
    }
    names.insert(try await field.ask("").name.description)
    #expect(names.count == Self.bodies.count + 1)
  }
}
