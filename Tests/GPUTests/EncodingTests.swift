import Checkpoints
import Encoders
import Foundation
import GPU
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

extension Driven {
  /// Tiny models through the child process, the made-up driver and the emulated kernels.
  @Suite("Encoding on a card") struct EncodingTests {
    private let folder = TemporaryFolder()

    /// Emulated kernels take seconds for a block of threads.
    private var patience: Patience {
      var patience = Patience()
      patience.silence = 600
      return patience
    }

    private static let cases: [(String, Precision)] =
      TinyViT.cards.map { ($0.name, .bfloat16) }
      + ["plain", "rotary-swiglu", "distilled"].map { ($0, .float32) }

    /// With halves 2e-3 of the largest value, with two of them 1e-5.
    ///
    /// Softmax weights have twice that: an exponential's relative error is its exponent's absolute one,
    /// to which the rounding of every operand before it adds, that of weights most.
    @Test(arguments: cases)
    func `Card: each family's values are the CPU's`(name: String, precision: Precision) async throws
    {
      let card = try #require(TinyViT.cards.first { $0.name == name })
      let model = try TinyViT(card, in: folder)
      let options = EncodeOptions(stride: 14, block: 1, precision: precision)
      let cards = try MadeUpCards("kernels=emulated", "seed=3", patience: patience)
      let progress = WorkProgress()
      let found = try await cards.encodings(model, options, [.identity], progress)
      let wanted = try await model.expected(options)
      try #require(found.count == 1 && cards.deaths.isEmpty, "\(cards.happened)")
      for (part, relative) in found[0].differences(from: wanted[0]) {
        print("card \(name), \(precision.rawValue), \(part): \(relative)")
        let tolerance: Float =
          switch precision {
          case .float32: 1e-5
          case .bfloat16, .int8: part == "softmax" ? 4e-3 : 2e-3
          }
        #expect(relative <= tolerance, "\(part)")
      }
      #expect((found[0].logits != nil) == (card.head != nil))
      #expect(progress.blocks.done == 2 && progress.blocks.total == 2)
      let counts = cards.backend.counts[0]
      #expect(counts.jobs == 1 && counts.chunks == 1 && counts.seconds > 0 && counts.arenaBytes > 0)
    }

    @Test func `Card: queries, keys and values, and several blocks, are the CPU's`() async throws {
      let model = try TinyViT(
        try #require(TinyViT.cards.first { $0.name == "rotary" }), in: folder)
      let cards = try MadeUpCards("kernels=emulated", patience: patience)
      let asked = [
        EncodeOptions(stride: 28, block: 0, facet: .query, precision: .bfloat16),
        EncodeOptions(stride: 28, block: 0, facet: .key, precision: .bfloat16),
        EncodeOptions(stride: 28, block: 0, facet: .value, precision: .bfloat16),
        EncodeOptions(stride: 28, blocks: [1, 0], precision: .bfloat16),
      ]
      for options in asked {
        let found = try await cards.encodings(model, options)
        let wanted = try await model.expected(options)
        for (part, relative) in found[0].differences(from: wanted[0]) {
          #expect(relative <= 4e-3, "\(options.facet), \(part): \(relative)")
        }
      }
    }

    /// Seeds change the order in which streams, warps and copies come.
    @Test func `Card: a view has the same bytes alone, among others, and in any chunk`()
      async throws
    {
      let model = try TinyViT(TinyViT.cards[0], in: folder)
      let options = EncodeOptions(stride: 28, block: 0, precision: .bfloat16)
      let views = [
        View(down: 3, right: -5), View(flipsRows: true, isTransposed: true), View(right: 9),
      ]
      let large = try MadeUpCards("kernels=emulated", "seed=5", patience: patience)
      let all = try await large.encodings(model, options, views)
      // Room for one view at a time.
      let shape = try ViTShape(model.card)
      let one = Arena(
        JobOrder(size: TinyViT.image.size, views: 1, options: options), shape, .float16, views: 1
      ).bytes
      let bytes = one + large.backend.counts[0].modelBytes
      let small = try MadeUpCards(
        "kernels=emulated", "seed=6", "bytes=\(bytes)", patience: patience)
      let single = try await small.encodings(model, options, views)
      #expect(small.backend.counts[0].chunks == 3)
      #expect(all.count == 3 && single.count == 3)
      let wanted = try await model.expected(options, views)
      for (index, view) in views.enumerated() {
        let alone = try await MadeUpCards(
          "kernels=emulated", "seed=\(7 + index)", patience: patience
        ).encodings(model, options, [view])
        for other in [single[index], alone[0]] {
          for (found, same) in zip(all[index].parts, other.parts) {
            #expect(
              found.values.map(\.bitPattern) == same.values.map(\.bitPattern), "\(found.name)")
          }
        }
        #expect(all[index].differences(from: wanted[index]).allSatisfy { $0.relative <= 4e-3 })
      }
    }
  }
}

@Suite("Parts of transformers") struct ViTPartsTests {
  @Test(arguments: TinyViT.cards.map(\.name))
  func `Parts: a backend asks a file for what the CPU asks it for`(name: String) throws {
    let card = try #require(TinyViT.cards.first { $0.name == name })
    let parts = try Weights.requests { weights throws(CheckpointError) in
      _ = try ViTParts(weights, card: card)
    }
    let model = try card.tensors()
    #expect(Set(parts) == Set(model) && parts.count == model.count)
  }
}
