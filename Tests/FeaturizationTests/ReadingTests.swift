import Featurization
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Parts of a field") struct ReadingTests {
  static let image = Raster.noise(40, 31, seed: 3)

  /// Queries whose output has places, and the sizes of these.
  static let kinds: [(query: String, width: Int, height: Int)] = [
    ("", 40, 31), ("grid=patch&stride=5", 6, 6), ("output=attention", 40, 31),
    ("output=attention&grid=patch&stride=5&attention=value", 6, 6),
    ("normalise=l2", 40, 31), ("output=attention&normalise=l2", 40, 31),
    ("components=4", 40, 31), ("output=pca&format=npy", 40, 31),
    ("components=2&normalise=l2&dtype=float16", 40, 31), ("components=2&grid=patch&stride=5", 6, 6),
  ]

  @Test(arguments: kinds.indices)
  func `Selection: a region equals that part of the whole, and points are picked from it`(kind: Int)
    async throws
  {
    let (query, width, height) = Self.kinds[kind]
    let field = try await KeptField(StubFeaturizer(), Self.image, "stride=9&shifts=1")
    let whole = try await field.array(query)
    #expect(Array(whole.shape.prefix(2)) == [height, width])
    var noise = Noise(seed: UInt64(kind))
    for _ in 0..<6 {
      let (x, y) = (
        Int.random(in: 0..<width, using: &noise), Int.random(in: 0..<height, using: &noise)
      )
      let w = Int.random(in: 1...width - x, using: &noise)
      let h = Int.random(in: 1...height - y, using: &noise)
      let part = try await field.array("\(query)&region=\(x),\(y),\(w),\(h)")
      #expect(part.shape == [h, w, whole.shape[2]])
      let crop = (y..<y + h).flatMap { row in (x..<x + w).map { whole.vector(x: $0, y: row) } }
      #expect(part.vectors == crop, "\(query), \(x),\(y),\(w),\(h)")
      let points = (0..<5).map { _ in
        (Int.random(in: 0..<width, using: &noise), Int.random(in: 0..<height, using: &noise))
      }
      let text = points.map { "\($0.0),\($0.1)" }.joined(separator: ";")
      let picked = try await field.array("\(query)&points=\(text)")
      #expect(picked.shape == [5, whole.shape[2]])
      #expect(picked.vectors == points.map { whole.vector(x: $0.0, y: $0.1) }, "\(query), \(text)")
    }
    for (options, far) in [
      ("region=\(width - 1),0,2,1", (width, 0)), ("region=0,\(height - 1),1,2", (0, height)),
      ("region=0,0,9999999999,9999999999", (9_999_999_998, 9_999_999_998)),
      ("points=0,0;\(width),0", (width, 0)), ("points=0,\(height)", (0, height)),
    ] {
      let shown = Size(width: width, height: height)
      let expected = FeaturizationError.outside(x: far.0, y: far.1, of: shown)
      await #expect(throws: expected, "\(query)&\(options)") {
        try await field.ask("\(query)&\(options)")
      }
    }
  }

  @Test(arguments: ["output=pca", "output=attention&format=png", "output=foreground"])
  func `Selection: a picture's region equals that part of the picture`(query: String) async throws {
    let field = try await KeptField(StubFeaturizer(), Self.image, "stride=9")
    let whole = try await decode(field.ask(query).bytes(), limits: DecodingLimits())
    for (x, y, w, h) in [(0, 0, 40, 31), (7, 5, 1, 9), (39, 30, 1, 1), (3, 20, 30, 11)] {
      let answer = try await field.ask("\(query)&region=\(x),\(y),\(w),\(h)")
      #expect(Array(answer.shape.prefix(2)) == [h, w])
      let part = try await decode(answer.bytes(), limits: DecodingLimits())
      #expect(part == whole.cropped(y..<y + h, x..<x + w), "\(query)")
    }
  }

  @Test
  func `Features: normalise=l2 divides each vector by its length, as the last step`() async throws {
    let field = try await KeptField(StubFeaturizer(), Self.image)
    for query in ["", "components=3", "grid=patch", "output=attention", "output=cls"] {
      let plain = try await field.array(query)
      let unit = try await field.array("\(query)&normalise=l2")
      #expect(plain.shape == unit.shape)
      for (one, other) in zip(plain.vectors, unit.vectors) {
        let length = one.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(difference(one.map { $0 / length }, other) < 1e-5, "\(query)")
      }
    }
  }

  @Test func `Features: layer and facet select the encoder's values`() async throws {
    let field = try await KeptField(StubFeaturizer(), Self.image)
    for query in ["", "grid=patch", "output=cls"] {
      let last = try await field.array(query).values
      for (layer, share) in [
        ("last", 1), ("2", 1), ("-1", 1), ("1", 0.5), ("-2", 0.5), ("0", 0.25),
      ]
        as [(String, Float)]
      {
        for (facet, sign) in [("token", 1), ("query", -1), ("key", -1), ("value", -1)]
          as [(String, Float)]
        {
          let found = try await field.array("\(query)&layer=\(layer)&facet=\(facet)").values
          #expect(difference(found, last.map { $0 * share * sign }) < 1e-5, "\(layer) \(facet)")
        }
      }
    }
  }

  @Test func `Features: several layers lie side by side, each as it is alone`() async throws {
    let stub = StubFeaturizer()
    let dim = StubEncoder.dim
    let grids = ["grid=patch", "output=cls"]
    let pixels = ["", "points=3,4;20,9", "region=1,2,9,8", "dtype=float16"]
    // Vectors of 18 values are interpolated in another order than those of 6 or 12.
    for (layers, alone, queries) in [
      ("0,last", [0, 2], grids + pixels), ("last,-3,1", [2, 0, 1], grids),
    ] {
      let field = try await KeptField(stub, Self.image, "stride=9&shifts=1&layer=\(layers)")
      for query in queries {
        let all = try await field.array(query)
        #expect(all.shape.last == alone.count * dim)
        for (place, layer) in alone.enumerated() {
          let one = try await KeptField(stub, Self.image, "stride=9&shifts=1&layer=\(layer)")
            .array(query)
          let part = all.vectors.map { Array($0[place * dim..<(place + 1) * dim]) }
          #expect(part == one.vectors, "\(layers) \(query)")
        }
      }
      let components = "output=pca&format=npy&components=\(alone.count * dim)"
      #expect(try await field.array(components).shape.last == alone.count * dim)
      let attention = "output=attention&format=npy"
      let deepest = try await KeptField(stub, Self.image, "stride=9&shifts=1")
      #expect(try await field.array(attention).values == deepest.array(attention).values)
    }
  }

  @Test func `Attention: the requested kind is read`() async throws {
    let field = try await KeptField(StubFeaturizer(), Self.image)
    for grid in ["pixel", "patch"] {
      let query = "output=attention&grid=\(grid)"
      let first = try await field.array(query).values
      let features = try await field.array("grid=\(grid)")
      #expect(difference(first, features.vectors.flatMap { [$0[0], $0[3]] }) < 1e-5)
      for (number, kind) in ["softmax", "output", "query", "key", "value"].enumerated() {
        let found = try await field.array("\(query)&attention=\(kind)").values
        #expect(difference(found, first.map { $0 + Float(number) }) < 1e-5, "\(kind)")
      }
    }
  }

  @Test(arguments: [(60, 40, 30), (60, 40, 100), (40, 60, 31), (33, 33, 33)])
  func `Resize: the same as resizing beforehand`(width: Int, height: Int, longest: Int) async throws
  {
    let image = Raster.noise(width, height, seed: 8)
    let size = image.size.fitted(longestSide: longest)
    #expect(max(size.width, size.height) == longest)
    let stub = StubFeaturizer()
    for query in ["output=features", "output=pca&format=npy", "grid=patch", "fit=crop"] {
      let one = try await ArrayFile(
        stub.services.answer(image.png(), parse("\(query)&scale=none&resize=\(longest)")).bytes())
      let other = try await ArrayFile(
        stub.services.answer(
          image.resized(to: size).png(), parse("\(query)&scale=none")
        ).bytes())
      #expect(one.shape == other.shape && one.payload == other.payload)
      guard query == "output=features" else { continue }
      #expect(one.shape == [size.height, size.width, 6])
    }
  }

  @Test
  func `Foreground: the mask is the side with higher entropy of a picture with two textures`()
    async throws
  {
    var noise = Noise(seed: 6)
    let side = 84
    let samples = (0..<side * side).map { place in
      place % side < side / 2 ? UInt8(200) : UInt8.random(in: 0...100, using: &noise)
    }
    let image = Raster(
      size: Size(width: side, height: side), channels: 1, samples: .uint8(samples))
    let field = try await KeptField(StubFeaturizer(), image, "stride=7")
    let mask = try await decode(
      field.ask("output=foreground").bytes(), limits: DecodingLimits())
    #expect(mask.size == image.size && mask.channels == 1)
    guard case .uint8(let levels) = mask.samples else { return }
    #expect(Set(levels) == [0, 255])
    // All but the patches across the border are as drawn.
    let wrong = levels.indices.filter {
      abs($0 % side - side / 2) > 14 && (levels[$0] == 255) != ($0 % side > side / 2)
    }
    #expect(wrong.isEmpty)
  }
}
