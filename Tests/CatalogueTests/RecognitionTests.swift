import Catalogue
import Checkpoints
import Encoders
import Foundation
import Support
import Testing
import VisionTransformers

@Suite("Recognition") struct RecognitionTests {
  static let catalogue: ModelCatalogue = {
    do {
      return try ModelCatalogue(Manifest.cards)
    } catch {
      preconditionFailure("the cards: \(error)")
    }
  }()
  /// All variants where they are at hand, and those of the project anyway.
  static let manifests = Manifest.all.isEmpty ? Manifest.some : Manifest.all

  private func error(_ manifest: Manifest) throws -> Mismatch? {
    let checkpoint = try manifest.checkpoint()
    do {
      _ = try Self.catalogue.recognise(checkpoint)
      return nil
    } catch .unrecognised(let nearest) {
      return nearest
    }
  }

  @Test
  func `every card is of its own name, and says what its tensors are`() throws {
    #expect(Manifest.cards.count > 90)
    #expect(Set(Manifest.cards.map(\.name)).count == Manifest.cards.count)
    #expect(Manifest.some.count == 33)
    for card in Manifest.cards {
      #expect(card.file == "\(card.name).safetensors" && !card.published.isEmpty)
      #expect(card.dim % card.heads == 0)
      #expect(try card.tensors().count > 100)
    }
  }

  /// Parameters as the authors count them, without tables of angles and masks.
  @Test(arguments: [
    ("dino_vits8", 21_670_272), ("dinov2_vits14", 22_056_576 - 384),
    ("dinov2_vitg14_reg", 1_136_486_912 - 1536), ("mae_vitb16_full", 111_907_840),
    ("hiera_base_plus", 69_896_616), ("mae_hiera_huge", 710_081_792), ("sam_vith", 637_026_048),
    ("deit_base_distilled_patch16_384", 87_630_032), ("vit_h_14_swag", 633_470_440),
    ("vit_large_patch16_224.augreg_in21k", 325_690_707),
    ("dinov3_vitb16", 85_669_632 - 768 + 16),
  ])
  func `a card's tensors have as many elements as the model has parameters`(
    name: String, parameters: Int
  ) throws {
    let card = try #require(Manifest.cards.first { $0.name == name })
    #expect(try card.tensors().parameters == parameters)
  }

  @Test(arguments: manifests)
  func `every published variant is recognised, complete`(manifest: Manifest) throws {
    let name = try #require(manifest.card)
    let card = try #require(Manifest.cards.first { $0.name == name }, "\(name)")
    let checkpoint = try manifest.checkpoint()
    let recognition = try Self.catalogue.recognise(checkpoint)
    let fitting = [recognition.card] + recognition.others
    #expect(fitting.contains { $0.name == name }, "\(fitting.map(\.name))")
    // What else it might be has the same tensors.
    let expected = try card.tensors()
    for other in fitting { #expect(try other.tensors() == expected, "\(other.name)") }
    #expect(recognition.tensors.map(\.shape) == expected.map(\.shape))
    #expect(recognition.tensors.map(\.name) == expected.map(\.name))
    // Every tensor of the file is either used, once, or said not to be.
    let used = recognition.tensors.flatMap { Set($0.sources) }
    #expect(Set(used).count == used.count)
    #expect(Set(used).union(recognition.unused) == Set(manifest.tensors.keys))
    // The file's name, or the flag, decides among equals.
    for published in card.published where !published.file.hasPrefix("timm/jx") {
      let named = try Self.catalogue.recognise(checkpoint, fileName: published.file)
      #expect(named.card.name == name, "\(published.file)")
    }
    #expect(try Self.catalogue.recognise(checkpoint, as: name).card.name == name)
  }

  @Test(arguments: manifests)
  func `a tensor renamed, missing or of another shape is named`(manifest: Manifest) throws {
    let whole = try Self.catalogue.recognise(try manifest.checkpoint())
    let used = Set(whole.tensors.flatMap(\.sources)).subtracting(["rope_embed.periods"]).sorted()
    var random = SeededNumbers(seed: manifest.tensors.count)
    let name = used[random.below(used.count)]
    let shape = try #require(manifest.tensors[name])

    var renamed = manifest
    renamed.tensors[name] = nil
    let without = try #require(try error(renamed), "\(name)")
    #expect(without.missing.contains { name.hasSuffix($0) }, "\(name): \(without)")
    renamed.tensors[name + "_x"] = shape
    let other = try #require(try error(renamed))
    #expect(other.unexpected.contains(name + "_x"), "\(other)")
    #expect(other.missing.contains { name.hasSuffix($0) }, "\(name): \(other)")

    var misshapen = manifest
    misshapen.tensors[name] = shape.dropLast() + [shape[shape.count - 1] + 1]
    let found = try #require(try error(misshapen), "\(name)")
    let wrong = found.misshapen.first { $0.tensor == name }
    #expect(wrong?.wanted == shape && wrong?.found == misshapen.tensors[name], "\(name): \(found)")
  }

  @Test
  func `sixteen prefixes come off, and no more`() throws {
    var manifest = try #require(Manifest.some.first { $0.variant == "meta/dino_vits8" })
    let tensors = manifest.tensors
    for count in [16, 17] {
      let prefix = String(repeating: "module.", count: count)
      manifest.tensors = Dictionary(
        uniqueKeysWithValues: tensors.map { (prefix + $0.key, $0.value) })
      let found = try? Self.catalogue.recognise(try manifest.checkpoint())
      #expect(found?.card.name == (count == 16 ? "dino_vits8" : nil))
    }
  }

  @Test
  func `prefixes and chunks of training come off`() throws {
    let plain = try #require(Manifest.some.first { $0.variant == "meta/dinov2_vits14" })
    func renamed(_ change: (String) -> String) throws -> Recognition {
      var manifest = plain
      manifest.tensors = Dictionary(
        uniqueKeysWithValues: plain.tensors.map { (change($0.key), $0.value) })
      manifest.tensors["dino_head.mlp.0.weight"] = [4, 4]
      return try Self.catalogue.recognise(try manifest.checkpoint())
    }
    for prefix in ["backbone.", "module.backbone.", "teacher._orig_mod.backbone."] {
      let found = try renamed { prefix + $0 }
      #expect(found.card.name == "dinov2_vits14")
      #expect(Set(found.unused) == ["dino_head.mlp.0.weight", "\(prefix)mask_token"])
    }
    let chunked = try renamed { name in
      let parts = name.split(separator: ".")
      guard parts[0] == "blocks", let block = Int(parts[1]) else { return "backbone.\(name)" }
      return "backbone.blocks.\(block / 4).\(name.dropFirst("blocks.".count))"
    }
    #expect(chunked.card.name == "dinov2_vits14")
  }

  @Test
  func `a head of other classes is a head`() throws {
    var manifest = try #require(
      Manifest.some.first { $0.variant == "timm/deit_tiny_distilled_patch16_224.fb_in1k" })
    for name in ["head", "head_dist"] {
      manifest.tensors["\(name).weight"] = [7, 192]
      manifest.tensors["\(name).bias"] = [7]
    }
    let deit = try Self.catalogue.recognise(try manifest.checkpoint())
    #expect(deit.card.name == "deit_tiny_distilled_patch16_224")
    #expect(deit.card.head == ModelCard.Head(classes: 7, input: .bothTokens))

    var dinov2 = try #require(Manifest.some.first { $0.variant == "hf/facebook-dinov2-small" })
    dinov2.tensors["classifier.weight"] = [1000, 768]
    dinov2.tensors["classifier.bias"] = [1000]
    let headed = try Self.catalogue.recognise(try dinov2.checkpoint())
    #expect(headed.card.name == "dinov2_vits14")
    #expect(headed.card.head == ModelCard.Head(classes: 1000, input: .classAndMean))
  }

  @Test(arguments: [("True", true), ("False", false), ("", true)])
  func `a decoder's pixels are those that its training's arguments tell`(
    text: String, isNormalised: Bool
  ) throws {
    let manifest = try #require(
      Manifest.some.first { $0.variant == "meta/mae_vit_base_patch16_full" })
    let settings = text.isEmpty ? [:] : ["args.norm_pix_loss": text]
    let found = try Self.catalogue.recognise(
      try manifest.checkpoint(settings: settings), as: "mae_vitb16_full")
    #expect(found.card.decoder?.normalisedPixels == isNormalised)
  }

  @Test(arguments: [
    ("meta/dinov2_vits14", "dinov2_vits14_pretrain.pth", ModelCard.PositionRule.offset, 1e-6),
    ("hf/facebook-dinov2-small", "model.safetensors", .size, 1e-6),
    ("hf/facebook-dino-vits16", "", .size, 1e-12),
    ("timm/samvit_base_patch16.sa1b", "", .antialias, 1e-5),
    ("meta/sam_vit_b", "", .antialias, 1e-6), ("torchvision/vit_b_16", "", .corners, 1e-6),
  ])
  func `numerics are those of whoever wrote the file`(
    variant: String, file: String, positions: ModelCard.PositionRule, epsilon: Float
  ) throws {
    let manifest = try #require(Manifest.some.first { $0.variant == variant })
    let card = try Self.catalogue.recognise(try manifest.checkpoint(), fileName: file).card
    #expect(card.positions == positions && card.epsilon == epsilon)
  }
}
