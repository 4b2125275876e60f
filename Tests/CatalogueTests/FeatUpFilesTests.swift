import Catalogue
import Encoders
import Support
import Testing

/// FeatUp's checkpoints, a backbone and its upsampler, as their training kept them.
@Suite("FeatUp's files") struct FeatUpFilesTests {
  /// The upsampler's tensors under their names in a file, as the reference has them.
  private static var upsampler: [String: [Int]] {
    var tensors: [String: [Int]] = [
      "upsampler.fixup_proj.1.weight": [384, 384, 1, 1], "upsampler.fixup_proj.1.bias": [384],
    ]
    for index in 1...4 {
      let up = "upsampler.up\(index)"
      tensors["\(up).range_temp"] = []
      tensors["\(up).sigma_spatial"] = []
      for (name, outputs, inputs) in [
        ("range_proj.0", 32, 3), ("range_proj.3", 32, 32), ("fixup_proj.0", 49, 52),
        ("fixup_proj.3", 49, 49),
      ] {
        tensors["\(up).\(name).weight"] = [outputs, inputs, 1, 1]
        tensors["\(up).\(name).bias"] = [outputs]
      }
    }
    return tensors
  }

  private func manifest(hasNorm: Bool) throws -> Manifest {
    let backbone = try #require(Manifest.some.first { $0.variant == "meta/dinov2_vits14" })
    var tensors = Self.upsampler
    for (name, shape) in backbone.tensors {
      tensors[(hasNorm ? "model.0.model." : "model.model.") + name] = shape
    }
    if hasNorm {
      tensors["model.1.norm.weight"] = [384]
      tensors["model.1.norm.bias"] = [384]
    }
    tensors["downsampler.attention_net.1.weight"] = [1, 384, 1, 1]
    tensors["downsampler.w"] = [1, 16]
    tensors["scale_net.net.0.bias"] = [30]
    return Manifest(variant: "featup", tensors: tensors)
  }

  @Test(arguments: [true, false])
  func `a file is the model with its upsampler, with and without its norm`(hasNorm: Bool) throws {
    let manifest = try manifest(hasNorm: hasNorm)
    let found = try RecognitionTests.catalogue.recognise(
      try manifest.checkpoint(), fileName: "dinov2_jbu_stack_cocostuff.ckpt")
    #expect(found.card.name == (hasNorm ? "dinov2_vits14_jbu" : "dinov2_vits14_jbu_no_norm"))
    #expect(found.card.upsampler == ModelCard.Upsampler(doublings: 4, hasNorm: hasNorm))
    #expect(found.others.isEmpty)
    let names = Set(found.tensors.map(\.name))
    #expect(names.isSuperset(of: Self.upsampler.keys))
    #expect(names.contains("blocks.11.attn.qkv.weight"))
    #expect(names.contains("upsampler.norm.weight") == hasNorm)
    // The upsampler has as many elements as its authors count.
    let elements = found.tensors.filter { $0.name.hasPrefix("upsampler") }
      .reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(elements == 172_772 + (hasNorm ? 768 : 0))
    let used = Set(found.tensors.flatMap(\.sources))
    #expect(used.union(found.unused) == Set(manifest.tensors.keys))
    #expect(
      found.unused.filter { !$0.hasSuffix("mask_token") } == [
        "downsampler.attention_net.1.weight", "downsampler.w", "scale_net.net.0.bias",
      ])
  }

  @Test(arguments: [
    "upsampler.up3.range_proj.0.bias", "model.1.norm.bias", "upsampler.up1.sigma_spatial",
    "model.0.model.blocks.7.ls1.gamma",
  ])
  func `what is missing is named`(name: String) throws {
    var manifest = try manifest(hasNorm: true)
    manifest.tensors[name] = nil
    let checkpoint = try manifest.checkpoint()
    do throws(CatalogueError) {
      _ = try RecognitionTests.catalogue.recognise(checkpoint)
      Issue.record("recognised without \(name)")
    } catch {
      guard case .unrecognised(let nearest?) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(nearest.card == "dinov2_vits14_jbu")
      #expect(nearest.missing.contains { name.hasSuffix($0) }, "\(nearest)")
    }
  }
}
