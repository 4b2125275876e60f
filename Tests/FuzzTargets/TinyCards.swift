package import Catalogue
import Checkpoints
import Encoders
import VisionTransformers

/// Models of a few numbers, one of each form that a checkpoint may be recognised as.
package enum TinyCards {
  package static let catalogue: ModelCatalogue = {
    let cards = [plain, scaled, decoding, rotary, staged, windowed]
    do {
      return try ModelCatalogue(cards) { card throws(CheckpointError) in try card.tensors() }
    } catch {
      preconditionFailure("\(error)")
    }
  }()

  private static let plain = ModelCard(
    name: "plain", family: .vit, title: "", source: "", licence: "", file: "", sha256: nil,
    published: [.init(layout: "torchvision", file: "tiny.pth")], patch: 1, dim: 4, depth: 1,
    heads: 1, hidden: 4, registers: 0, feedForward: .mlp, epsilon: 1e-6, positions: .offset,
    positionGrid: 2, mean: [0, 0, 0], std: [1, 1, 1])

  private static let scaled = variant { card in
    (card.name, card.family, card.layerScale, card.registers) = ("scaled", .dinov2, true, 1)
    card.feedForward = .swiglu
  }

  private static let decoding = variant { card in
    (card.name, card.family) = ("decoding", .mae)
    card.decoder = ModelCard.Decoder(
      dim: 4, depth: 1, heads: 1, hidden: 4, normalisedPixels: true, pixelOrder: .interleaved,
      maskRatio: 0.5)
  }

  private static let rotary = variant { card in
    (card.name, card.family, card.layerScale, card.registers) = ("rotary", .dinov3, true, 1)
    (card.positions, card.positionGrid) = (.rotary, 0)
  }

  private static let staged = variant { card in
    (card.name, card.family, card.positionGrid, card.dim) = ("staged", .hiera, 2, 2)
    card.hierarchy = ModelCard.Hierarchy(stages: [1, 1], pools: 1)
    card.head = ModelCard.Head(classes: 2)
  }

  private static let windowed = variant { card in
    (card.name, card.family, card.positions) = ("windowed", .sam, .fixed)
    card.windows = ModelCard.Windows(side: 2, global: [0], neck: 2)
  }

  private static func variant(_ change: (inout ModelCard) -> Void) -> ModelCard {
    var card = plain
    change(&card)
    return card
  }
}
