import Checkpoints
import Encoders
import Foundation
import Tensors
import Testing
import VisionTransformers

@Suite("Model families") struct ModelFamilyTests {
  private static let cards: [ModelCard] = {
    let url = Places.package.appending(path: "Config/models.json")
    do {
      return try JSONDecoder().decode([ModelCard].self, from: Data(contentsOf: url))
    } catch {
      Issue.record("the cards: \(error)")
      return []
    }
  }()

  @Test func `ModelFamily: every published card is of a family whose loader accepts it`() throws {
    #expect(Self.cards.count > 90)
    for card in Self.cards {
      let names = try card.tensors().map(\.name)
      #expect(names.count > 100 && Set(names).count == names.count, "\(card.name)")
    }
  }

  @Test(arguments: FamilyTests.plain + ["mae", "hiera", "hiera_mae", "sam"])
  func `ModelFamily: a recording has the tensors that the loader reads from a file`(
    name: String
  ) throws {
    let fixture = try FamilyTests.Fixture(name)
    _ = try fixture.card.model(fixture.weights)
    let file = fixture.file.tensors
    for request in try fixture.card.tensors() {
      let found = file["w.\(request.name)"]?.shape
      #expect(found == request.shape || found == nil && request.fallback != nil, "\(request)")
    }
  }

  /// A family's cards have the required parts and no unknown ones.
  @Test(arguments: [
    ("vit_b_16", "convnext"), ("vit_b_16", "dinov3"),
    ("vit_b_16", "sam"), ("dinov3_vits16", "dinov2"),
    ("hiera_tiny", "vit"), ("sam_vitb", "mae"),
    ("mae_vitb16_full", "deit"), ("dinov2_vits14_jbu", "mae"),
  ])
  func `ModelFamily: a card that its loader cannot use is refused by name`(
    name: String, family: String
  ) throws {
    var card = try #require(Self.cards.first { $0.name == name })
    card.family = ModelCard.Family(rawValue: family)
    #expect(throws: CheckpointError.unfitCard(name)) { try card.tensors() }
  }
}
