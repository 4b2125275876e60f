import Tensors
import Checkpoints
import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// Small random models compared with timm, torchvision and Hugging Face,
/// `Fixtures/Families/make.py`.
@Suite("Families") struct FamilyTests {
  /// A fixture: its model's card, its tensors and its image.
  struct Fixture {
    let card: ModelCard
    let file: Checkpoint
    let weights: Weights
    let image: InputPlanes
    let seed: UInt32

    init(_ name: String) throws {
      let url = Places.package.appending(path: "Tests/Fixtures/Families/\(name).safetensors")
      file = try Checkpoint(path: url.path)
      let text = try #require(file.settings["card"])
      card = try JSONDecoder().decode(ModelCard.self, from: Data(text.utf8))
      weights = Weights(file)["w"]
      let shape = try #require(file.tensors["in.image"]).shape
      image = InputPlanes(
        size: Size(width: shape[2], height: shape[1]), values: try file.floats("in.image"))
      seed = UInt32(file.settings["seed"] ?? "") ?? 0
    }

    func expected(_ part: String) throws -> [Float] { try file.floats("out.\(part)") }

    func has(_ part: String) -> Bool { file.tensors["out.\(part)"] != nil }
  }

  static let plain = [
    "vit", "vit_average", "deit_distilled", "dino_hf", "vit_torchvision", "dinov2_registers",
    "dinov2_swiglu", "dinov3", "dinov3_swiglu",
  ]

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude, and of 1 for attention.
  @Test(arguments: plain) func `Families: a plain transformer's outputs equal the published code's`(
    name: String
  ) async throws {
    let fixture = try Fixture(name)
    let model = try ViT(fixture.weights, card: fixture.card)
    #expect(fixture.weights.unread.filter { !$0.contains("mask") }.isEmpty)
    let encoding = try #require(
      try await model.encodings(of: fixture.image, stride: fixture.card.patch).first)
    var found = [
      ("patches", encoding.patches.vectors.values), ("class", encoding.classToken),
    ]
    if fixture.has("logits") { found.append(("logits", try #require(encoding.logits))) }
    if fixture.has("attention") {
      found.append(("attention", encoding.classAttention[.softmax].vectors.values))
    }
    for (part, values) in found {
      let agreement = Agreement(values, try fixture.expected(part))
      print("\(name), \(part): \(agreement)")
      #expect(agreement.relative <= 2e-5 && agreement.cosine >= 0.999999)
    }
    #expect((encoding.logits != nil) == (fixture.card.head != nil))
  }

  @Test func `Families: only the whole model gives logits`() async throws {
    let fixture = try Fixture("vit")
    let model = try ViT(fixture.weights, card: fixture.card)
    for (block, facet) in [(0, EncodeOptions.Facet.token), (1, .key)] {
      let encodings = try await model.encodings(
        of: fixture.image, stride: 8, block: block, facet: facet)
      #expect(encodings.first?.logits == nil)
    }
  }

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude.
  @Test(arguments: ["mae", "hiera_mae"])
  func `Families: a masked image's reconstruction equals the published code's`(
    name: String
  ) async throws {
    let fixture = try Fixture(name)
    let model = try #require(
      try fixture.card.model(fixture.weights) as? any CPUAutoencoder)
    #expect(fixture.weights.unread.filter { !$0.hasSuffix(".encoder_mask_token") }.isEmpty)
    let decoder = try #require(fixture.card.decoder)
    let hidden = hiddenUnits(
      of: model.units(of: fixture.image.size).count, ratio: decoder.maskRatio, seed: fixture.seed)
    let found = try #require(try await model.reconstruction(of: fixture.image, hidden: hidden))
    let expected = Double(try fixture.expected("loss")[0])
    print("\(name), loss: \(found.loss) of \(expected)")
    #expect(abs(found.loss - expected) <= 2e-5 * expected)
    guard name == "mae" else { return }
    #expect(hidden.map { $0 ? 1 : 0 } == (try fixture.expected("mask")))
  }

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude.
  @Test func `Hiera: each stage equals the published code's`() async throws {
    let fixture = try Fixture("hiera")
    let model = try Hiera(fixture.weights, card: fixture.card)
    #expect(fixture.weights.unread.isEmpty)
    for (stage, block) in [0, 2, 3, 4].enumerated() {
      let encoding = try #require(
        try await model.encodings(of: fixture.image, stride: 4 << stage, block: block).first)
      let agreement = Agreement(
        encoding.patches.vectors.values, try fixture.expected("stage\(stage + 1)"))
      print("hiera, stage \(stage + 1): \(agreement)")
      #expect(agreement.relative <= 2e-5)
      guard let logits = encoding.logits else { continue }
      let agreed = Agreement(logits, try fixture.expected("logits"))
      print("hiera, logits: \(agreed)")
      #expect(agreed.relative <= 2e-5 && stage == 3)
    }
  }

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude.
  @Test func `SAM: the neck equals the published code's`() async throws {
    let fixture = try Fixture("sam")
    let model = try SAM(fixture.weights, card: fixture.card)
    #expect(fixture.weights.unread.isEmpty)
    let encoding = try #require(try await model.encodings(of: fixture.image, stride: 16).first)
    let agreement = Agreement(
      encoding.patches.vectors.values, try fixture.expected("embedding"))
    print("sam: \(agreement)")
    #expect(agreement.relative <= 2e-5)
  }

  /// A model trained for seven by seven, with tables resampled here from those for ten by ten,
  /// equals the other on seven by seven.
  ///
  /// Source: `get_rel_pos`, linear.
  @Test func `SAM: tables of distances for another grid are resampled linearly`() async throws {
    let fixture = try Fixture("sam")
    let stored = try fixture.file.tensors.filter { $0.key.hasPrefix("w.") }
      .map { name, entry -> GivenTensor in
        (String(name.dropFirst(2)), entry.shape, try fixture.file.floats(name))
      }
    var card = fixture.card
    func map(_ tensors: [GivenTensor]) async throws -> [Float] {
      let size = Size(width: 112, height: 112)
      var chance = SeededNumbers(seed: 6)
      let image = InputPlanes(size: size, values: chance.floats(3 * size.width * size.height))
      let model = try SAM(Weights(of: tensors), card: card)
      return try #require(try await model.encodings(of: image, stride: 16).first)
        .patches.vectors.values
    }
    // Positions of zero are zero on any grid.
    func positions(_ side: Int) -> GivenTensor {
      ("pos_embed", [1, side, side, 32], [Float](repeating: 0, count: side * side * 32))
    }
    let others = stored.filter { $0.name != "pos_embed" }
    let found = try await map(others + [positions(10)])
    card.positionGrid = 7
    let wanted = try await map(
      others.map { tensor in
        tensor.shape[0] == 19
          ? (tensor.name, [13, 8], Self.resampled(tensor.values, rows: 19, to: 13)) : tensor
      } + [positions(7)])
    let agreement = Agreement(found, wanted)
    print("sam on another grid: \(agreement)")
    #expect(agreement.relative <= 2e-6)
  }

  /// Rows interpolated between their neighbours' centres, clamped beyond the first and the last.
  private static func resampled(_ values: [Float], rows: Int, to count: Int) -> [Float] {
    let dim = values.count / rows
    return (0..<count).flatMap { row in
      let place = max(0, (Double(row) + 0.5) * Double(rows) / Double(count) - 0.5)
      let (above, share) = (Int(place), Float(place - place.rounded(.down)))
      let below = min(above + 1, rows - 1)
      return (0..<dim).map { column in
        values[above * dim + column] * (1 - share) + values[below * dim + column] * share
      }
    }
  }
}
