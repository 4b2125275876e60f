import Encoders
import Featurization
import Foundation
import ImageCodecs
import Imaging
import Cache
import Support
import Testing

/// Outputs of a whole model for a whole image: its logits and its reconstruction.
@Suite("Whole models") struct WholeModelTests {
  static let image = Raster.noise(40, 31)

  /// Cards of each kind of model that lacks an ability.
  static let cards = [
    ModelCard.stub(name: "plain", head: nil, decoder: nil),
    card("windows") { $0.windows = ModelCard.Windows(side: 4, global: [1], neck: 3) },
    card("stages") {
      $0.hierarchy = ModelCard.Hierarchy(stages: [1, 1, 1], pools: 2)
      $0.patch = 4
    },
    card("turning") { $0.positionGrid = 0 },
  ]

  private static func card(_ name: String, _ change: (inout ModelCard) -> Void) -> ModelCard {
    var card = ModelCard.stub(name: name, head: nil, decoder: nil)
    card.classTokens = 0
    change(&card)
    return card
  }

  private func parse(_ query: String, cards: [ModelCard] = Self.cards) throws -> FeatureRequest {
    try FeatureRequest(pairs(query), cards: cards, defaultModel: "plain")
  }

  /// The JSON of an answer.
  private struct Classification: Decodable, Equatable {
    struct Rank: Decodable, Equatable {
      let index: Int
      let logit, probability: Float
    }
    let classes: Int
    let top: [Rank]
  }

  @Test func `Logits: the most probable classes come first, with their softmax`() async throws {
    let stub = StubFeaturizer()
    let png = try Self.image.png()
    let cls = try await stub.services.answer(
      png, FeatureRequest(query: "output=cls&format=raw&quality=draft"))
    let token = try await cls.bytes().floats
    let answer = try await stub.services.answer(png, FeatureRequest(query: "output=logits&top=3"))
    let found = try JSONDecoder().decode(
      Classification.self, from: Data(try await answer.bytes()))
    let logits = Array(token[..<4])
    let order = (0..<4).sorted { logits[$0] > logits[$1] }
    let total = logits.reduce(0.0) { $0 + exp(Double($1)) }
    #expect(found.classes == 4 && found.top.map(\.index) == Array(order[..<3]))
    for place in found.top {
      #expect(place.logit == logits[place.index])
      #expect(abs(Double(place.probability) - exp(Double(place.logit)) / total) <= 1e-6)
    }
    #expect(answer.shape == [3] && answer.loss == nil)
    let array = try await stub.services.answer(
      png, FeatureRequest(query: "output=logits&format=raw"))
    #expect(try await array.bytes().floats == logits)
    #expect(array.shape == [4] && array.name != answer.name)
  }

  @Test(arguments: [1 << 26, 0])
  func `Logits: a stored field gives them from memory and from disk`(memory: Int) async throws {
    let folder = TemporaryFolder()
    let disk = try DiskStore(at: folder.path, budget: 1 << 24)
    let stub = StubFeaturizer(memory: memory, disk: disk)
    let field = try await KeptField(stub, Self.image, "quality=draft")
    let made = stub.gate.arrivals
    for query in ["output=logits", "output=logits&format=npy"] {
      let alone = try await StubFeaturizer().services.answer(
        Self.image.png(), FeatureRequest(query: "quality=draft&\(query)"))
      let answer = try await field.ask(query)
      #expect(answer.name == alone.name)
      #expect(try await answer.bytes() == alone.bytes())
    }
    #expect(stub.gate.arrivals == made)
    let painted = try await field.ask("output=reconstruction&seed=3")
    let alone = try await StubFeaturizer().services.answer(
      Self.image.png(), FeatureRequest(query: "quality=draft&output=reconstruction&seed=3"))
    #expect(try await painted.bytes() == alone.bytes() && painted.loss == alone.loss)
  }

  /// The stub paints hidden parts white.
  @Test
  func `Reconstruction: hidden parts are painted, the rest is the image's own`() async throws {
    let stub = StubFeaturizer()
    let png = try Self.image.png()
    var answers: [UInt32: [UInt8]] = [:]
    for seed in [0, 1] as [UInt32] {
      let answer = try await stub.services.answer(
        png, FeatureRequest(query: "output=reconstruction&scale=none&seed=\(seed)"))
      let hidden = hiddenUnits(of: 9, ratio: 0.75, seed: seed)
      let picture = try decode(try await answer.bytes(), limits: DecodingLimits())
      #expect(picture.size == Self.image.size && answer.shape == [31, 40, 3])
      guard case .uint8(let samples) = picture.samples, case .uint8(let own) = Self.image.samples
      else { throw CancellationError() }
      let channels = Self.image.channels
      for y in 0..<31 {
        for x in 0..<40 {
          let pixel = y * 40 + x
          let expected: UInt8 = hidden[y / 14 * 3 + x / 14] ? 255 : own[pixel * channels]
          #expect(samples[pixel * 3] == expected)
        }
      }
      #expect((answer.loss ?? 0) > 0)
      answers[seed] = samples
    }
    #expect(answers[0] != answers[1])
  }

  @Test func `Abilities: one that the model lacks is refused by name`() throws {
    let lacks: [(String, Ability)] = [
      ("output=logits&model=plain", .classifier),
      ("output=reconstruction&model=plain", .decoder),
      ("output=attention&model=windows", .classToken),
      ("output=attention&model=stages", .classToken),
      ("fit=frame&model=turning", .frame),
      ("stride=7&model=windows", .densePatches), ("stride=4&model=stages", .densePatches),
      ("stride=8&layer=0&model=stages", .densePatches), ("facet=key&model=stages", .facets),
      ("layer=0,last&model=windows", .layers), ("layer=0,1&model=stages", .layers),
    ]
    for (query, ability) in lacks where !query.contains("stride=8") {
      let model = query.split(separator: "=").last.map(String.init) ?? ""
      #expect(throws: ParameterError.lacking(ability, model: model), "\(query)") {
        try parse(query)
      }
    }
    #expect(throws: ParameterError.conflict(.layer, .facet)) { try parse("layer=0,last&facet=key") }
    #expect(throws: ParameterError.invalid(.stride, value: "8")) {
      try parse("stride=8&layer=0&model=stages")
    }
  }

  @Test(arguments: ["standard", "draft", "fine", "hrdv2"])
  func `Stride: windows and stages override that of a preset`(quality: String) throws {
    let windows = try parse("quality=\(quality)&model=windows").field
    #expect(windows.encodeOptions.stride == 14)
    for (layer, cell) in [("0", 4), ("1", 8), ("last", 16)] {
      let field = try parse("quality=\(quality)&layer=\(layer)&model=stages").field
      #expect(field.encodeOptions.stride == cell)
      let given = try parse("stride=\(cell)&quality=\(quality)&layer=\(layer)&model=stages").field
      #expect(given == field)
    }
  }

  /// 40×31 pixels have 3×3 patches of 14, and 5×5 of them at a stride of 7.
  @Test func `Positions: a model without resampling requires its own grid`() async throws {
    let png = try Self.image.png()
    var cards = StubFeaturizer.cards
    cards[0].positions = .fixed
    for (side, stride) in [(3, 14), (4, 14), (3, 7)] {
      cards[0].positionGrid = side
      let services = StubFeaturizer(cards: cards).services
      let request = try FeatureRequest(
        [("stride", "\(stride)"), ("flips", "none")], cards: cards, defaultModel: "stub14")
      guard side == 3, stride == 14 else {
        await #expect(throws: FeaturizationError.self) {
          try await services.fields.plan(png, request.field)
        }
        continue
      }
      #expect(
        try await services.fields.plan(png, request.field).patches == Grid(rows: 3, columns: 3))
    }
  }

  @Test func `Components: at most the dimension of the vectors that are read`() throws {
    #expect(try parse("components=3&model=windows").vectors?.components == 3)
    #expect(try parse("components=6&layer=0&model=windows").vectors?.components == 6)
    #expect(try parse("components=24&model=stages").vectors?.components == 24)
    for query in ["components=4&model=windows", "components=25&model=stages"] {
      #expect(throws: ParameterError.self, "\(query)") { try parse(query) }
    }
  }

  @Test(arguments: ["layer=0", "facet=key", "stride=3"])
  func `Logits: block, facet and stride cannot be chosen`(option: String) {
    for output in ["logits", "reconstruction"] {
      let parameter = Parameter(rawValue: String(option.prefix { $0 != "=" })) ?? .image
      #expect(throws: ParameterError.conflict(parameter, .output)) {
        try parse("output=\(output)&\(option)", cards: [.stub(name: "plain")])
      }
    }
  }
}

extension FeatureRequest {
  fileprivate init(query: String) throws {
    try self.init(pairs(query), cards: StubFeaturizer.cards, defaultModel: "stub14")
  }
}

extension [UInt8] {
  /// Little-endian float32s.
  fileprivate var floats: [Float] {
    stride(from: 0, to: count, by: 4).map { start in
      Float(
        bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(self[start + $1]) << (8 * $1) })
    }
  }
}
