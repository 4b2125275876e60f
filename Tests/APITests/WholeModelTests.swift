import Encoders
import Featurization
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

/// Outputs of whole models over HTTP, and the abilities that some models lack.
@Suite("Whole models over HTTP") struct WholeModelServiceTests {
  /// The stub's own cards, and one whose grid is divided into windows.
  private static let cards: [ModelCard] = {
    var windows = ModelCard.stub(name: "windows", head: nil, decoder: nil)
    windows.classTokens = 0
    windows.windows = ModelCard.Windows(side: 4, global: [1], neck: 6)
    return StubFeaturizer.cards + [windows]
  }()

  private func exchange() -> StubService { StubService(StubFeaturizer(cards: Self.cards)) }

  private var image: [UInt8] {
    get throws { try Raster.noise(30, 20).png() }
  }

  @Test func `Logits: JSON, or the format that the client prefers`() async throws {
    let exchange = exchange()
    let json = try await exchange.send(.post, "/features?output=logits&top=2", image)
    #expect(json.status == 200 && json["Content-Type"] == "application/json")
    #expect(json["Content-Disposition"]?.hasPrefix("inline; filename=\"stub14-logits-") == true)
    #expect(json["Eyepiece-Loss"] == nil)
    let found = try JSONSerialization.jsonObject(with: Data(json.body)) as? [String: Any]
    #expect(found?["classes"] as? Int == 4 && (found?["top"] as? [Any])?.count == 2)
    let npy = try await exchange.send(
      .post, "/features?output=logits", image, fields: [.accept: "application/x-npy"])
    #expect(npy.status == 200 && npy["Eyepiece-Shape"] == "4")
  }

  @Test func `Reconstruction: a picture, with its loss in a field`() async throws {
    let exchange = exchange()
    var losses: [String] = []
    for query in ["", "&seed=0", "&seed=1"] {
      let answer = try await exchange.send(
        .post, "/features?output=reconstruction\(query)", image)
      #expect(answer.status == 200 && answer["Content-Type"] == "image/png")
      #expect(answer["Eyepiece-Shape"] == "20,30,3")
      let loss = try #require(answer["Eyepiece-Loss"])
      #expect((Double(loss) ?? 0) > 0)
      losses.append(loss)
    }
    #expect(losses[0] == losses[1] && losses[1] != losses[2])
  }

  @Test(arguments: [
    ("output=attention", "no-class-token"), ("output=logits", "no-classifier"),
    ("output=reconstruction", "no-decoder"), ("stride=7", "no-dense-patches"),
  ])
  func `Abilities: one that a model lacks gives 422 with the reason`(query: String, kind: String)
    async throws
  {
    let answer = try await exchange().send(.post, "/features?model=windows&\(query)", image)
    #expect(answer.status == 422)
    #expect(answer.text.contains("/problems/\(kind)") && answer.text.contains("windows has no"))
  }

  @Test func `Windows: features are requested as for any other model`() async throws {
    let answer = try await exchange().send(.post, "/features?model=windows", image)
    #expect(answer.status == 200 && answer["Eyepiece-Shape"] == "20,30,6")
  }
}
