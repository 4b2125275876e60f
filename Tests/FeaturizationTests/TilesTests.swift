import Cache
import Encoders
import Featurization
import Foundation
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Tiles") struct TilesTests {
  private func axis(_ quanta: Int, tile: Int, overlap: Int) -> TileAxis {
    TileAxis(
      length: 14 * quanta, quanta: quanta, tile: tile, overlap: overlap,
      quantum: (pixels: 14, cells: 1), margin: 0)
  }

  @Test(arguments: [(100, 30, 8), (31, 30, 8), (53, 24, 8), (600, 74, 12), (75, 74, 12)])
  func `Tiles: they cover an axis from end to end, with weights that sum to one`(
    quanta: Int, tile: Int, overlap: Int
  ) throws {
    let axis = axis(quanta, tile: tile, overlap: overlap)
    #expect(axis.firstCells.first == 0)
    #expect(try #require(axis.firstCells.last) + axis.cells == quanta)
    #expect(axis.length == 14 * tile && axis.cells == tile)
    #expect(axis.origins == axis.firstCells.map { 14 * $0 })
    var sums = [Float](repeating: 0, count: quanta)
    for (first, weights) in zip(axis.firstCells, axis.weights) {
      for (cell, weight) in weights.enumerated() {
        #expect(weight > 0)
        sums[first + cell] += weight
      }
    }
    #expect(sums.allSatisfy { abs($0 - 1) < 1e-6 })
    for (one, next) in zip(axis.firstCells, axis.firstCells.dropFirst()) {
      #expect(one + tile - next >= overlap)
    }
  }

  @Test func `Tiles: weights rise linearly over an overlap and are one beyond it`() {
    let axis = axis(40, tile: 24, overlap: 8)
    #expect(axis.firstCells == [0, 16])
    #expect(axis.weights[0].prefix(16).allSatisfy { $0 == 1 })
    for step in 0..<8 {
      #expect(abs(axis.weights[1][step] - (Float(step) + 0.5) / 8) < 1e-6)
    }
  }

  @Test func `Tiles: an axis no longer than a tile is one tile`() {
    let axis = axis(20, tile: 30, overlap: 8)
    #expect(axis.origins == [0] && axis.cells == 20 && axis.length == 280)
    #expect(axis.weights == [[Float](repeating: 1, count: 20)])
  }

  private static let roomy: FeaturizationLimits = {
    var limits = FeaturizationLimits.tests
    (limits.tokens, limits.decoding) = (10_000, DecodingLimits())
    return limits
  }()

  /// The stub's vectors tell what lies in a patch, wherever it is: tiles must give those of the
  /// whole image.
  @Test(arguments: [
    "quality=draft", "quality=draft&flips=none", "stride=10&flips=both", "stride=9&flips=vertical",
    "stride=14&shifts=3&flips=hrdv2", "quality=hrdv2&stride=7&shifts=1",
    "rotations=quarter&resize=420&crop=0,0,350,350", "layer=0,last&quality=draft",
  ])
  func `Tiles: a field of tiles is the field of the whole image`(query: String) async throws {
    let image = try Raster.noise(500, 390, channels: 3, seed: 3).png()
    let stub = StubFeaturizer(limits: Self.roomy)
    for question in [
      "region=100,5,40,20", "grid=patch", "region=300,200,9,40&output=attention&attention=value",
      "output=pca&format=npy&region=0,0,30,30",
    ] {
      let asked = "\(question)&\(query)"
      let whole = try await ArrayFile(stub.services.answer(image, parse(asked)).bytes())
      let tiled = try await ArrayFile(
        stub.services.answer(image, parse("tile=340&\(asked)")).bytes())
      #expect(whole.shape == tiled.shape)
      #expect(difference(whole.values, tiled.values) < 2e-4, "\(asked)")
    }
  }

  @Test func `Tiles: the class token is the mean of the tiles' tokens`() async throws {
    let image = Raster.noise(350, 336, seed: 4)
    let stub = StubFeaturizer()
    let token = try await ArrayFile(
      stub.services.answer(image.png(), parse("tile=340&output=cls&stride=14&scale=none")).bytes())
    var tokens: [[Float]] = []
    for x in [0, 14] {
      let crop = "crop=\(x),0,336,336&output=cls&stride=14&scale=none"
      tokens.append(
        try await ArrayFile(stub.services.answer(image.png(), parse(crop)).bytes()).values)
    }
    let mean = zip(tokens[0], tokens[1]).map { ($0 + $1) / 2 }
    #expect(difference(token.values, mean) < 1e-5)
  }

  @Test func `Tiles: softmax attention is shared among all cells of the view`() async throws {
    let image = Raster.noise(350, 336, seed: 4)
    let stub = StubFeaturizer()
    let query = "output=attention&attention=softmax&grid=patch&flips=none&stride=14&scale=none"
    let whole = try await ArrayFile(stub.services.answer(image.png(), parse(query)).bytes())
    let tiled = try await ArrayFile(
      stub.services.answer(image.png(), parse("tile=340&\(query)")).bytes())
    let share = Float(24 * 24) / Float(24 * 25)
    #expect(difference(whole.values.map { share * $0 }, tiled.values) < 1e-5)
  }

  @Test func `Tiles: what fits is encoded whole, and too small a tile is refused`() async throws {
    let image = try Raster.noise(500, 390, seed: 3).png()
    let stub = StubFeaturizer()
    #expect(try await stub.services.fields.plan(image, parse("tile=504").field).tiles == nil)
    #expect(try await stub.services.fields.plan(image, parse("tile=503").field).tiles != nil)
    await #expect(throws: FeaturizationError.tileTooSmall(335, least: 336)) {
      try await stub.services.fields.plan(image, parse("tile=335").field)
    }
  }

  @Test func `Tiles: a view with too many tokens is cut without being asked for`() async throws {
    var limits = Self.roomy
    limits.tokens = 6000
    let stub = StubFeaturizer(limits: limits)
    let image = try Raster.noise(1400, 1100, seed: 3).png()
    let options = [(name: "stride", value: "14"), (name: "output", value: "cls")]
    let plan = try await stub.services.fields.plan(
      image, stub.services.fields.request(options).field)
    let tiles = try #require(plan.tiles)
    #expect(tiles.size == Size(width: 1036, height: 1036))
    #expect(tiles.count == 4)
  }

  private func tileFiles(in folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
      $0.hasPrefix("tiles") && !$0.hasSuffix("tiles") && $0.count > 40
    }
  }

  @Test func `Tiles: those that were encoded are not encoded again`() async throws {
    let folder = TemporaryFolder()
    let image = try Raster.noise(700, 350, seed: 3).png()
    let request = try parse("tile=350&flips=none&stride=14").field
    let gate = Gate(isOpen: true)
    let disk = try DiskStore(at: folder.path, budget: 1 << 26)
    let stub = StubFeaturizer(gate: gate, memory: 0, disk: disk)
    let plan = try await stub.services.fields.plan(image, request)
    let tiles = try #require(plan.tiles)
    // A second server of the same store finds what the first has encoded without keeping it.
    let first = try await stub.services.answer(
      image, parse("tile=350&flips=none&stride=14&format=raw")
    ).bytes()
    let passed = gate.arrivals
    #expect(passed >= tiles.count)
    #expect(try tileFiles(in: folder).count == tiles.count)
    let second = StubFeaturizer(gate: gate, memory: 0, disk: disk)
    let again = try await second.services.answer(
      image, parse("tile=350&flips=none&stride=14&format=raw")
    ).bytes()
    #expect(again == first)
    #expect(gate.arrivals == passed)
    // Once the field is kept they are gone.
    _ = try await second.services.keep(.bytes(image), request)
    _ = try await StubFeaturizer(gate: gate, memory: 0, disk: disk).services.answer(
      image, parse("tile=350&flips=none&stride=14&output=cls"))
    #expect(try tileFiles(in: folder).isEmpty)
  }
}
