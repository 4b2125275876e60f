import API
import Featurization
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Classifiers of whole images over HTTP", .timeLimit(.minutes(2)))
struct ImageClassifiersTests {
  /// Bright or dark, with noise.
  private func picture(isBright: Bool, seed: UInt64) throws -> [UInt8] {
    let size = Size(width: 42, height: 28)
    let noise = Raster.noise(size.width, size.height, seed: seed)
    let samples = (0..<size.width * size.height).map { place -> UInt8 in
      UInt8(noise.level(0, x: place % size.width, y: place / size.width) ?? 0) / 8
        + (isBright ? 200 : 20)
    }
    return try Raster(size: size, channels: 1, samples: .uint8(samples)).png()
  }

  private struct Trained: Decodable {
    struct Class: Decodable { let id: Int, name: String }
    struct HeldOut: Decodable { let images: Int, right: Int }

    let id: String
    let classes: [Class]
    let labelled: [String: Int]
    let descriptor: String
    let heldOut: HeldOut?
  }

  private struct Classification: Decodable {
    struct Rank: Decodable { let index: Int, name: String?, probability: Double }

    let classes: Int
    let top: [Rank]
  }

  private static let options = "quality=draft&flips=none&scale=none"

  private func document(_ examples: [(field: String, name: String)], _ more: String = "") -> [UInt8]
  {
    let list = examples.map { #"{"field": "\#($0.field)", "class": \#($0.name)}"# }
    return Array(#"{"examples": [\#(list.joined(separator: ","))]\#(more)}"#.utf8)
  }

  private func examples(_ exchange: StubService) async throws -> [(field: String, name: String)] {
    var found: [(field: String, name: String)] = []
    for seed in 1...3 {
      for isBright in [false, true] {
        let image = try picture(isBright: isBright, seed: UInt64(seed))
        found.append(
          (
            try await exchange.field(image, Self.options), isBright ? #""bright""# : #""dark""#
          ))
      }
    }
    return found
  }

  private func trained(_ outcome: StubService.Outcome) throws -> Trained {
    #expect(outcome.status == 201)
    return try JSONDecoder().decode(Trained.self, from: Data(outcome.body))
  }

  @Test(arguments: ["cls", "mean", "gem", "max"])
  func `Image classifiers: fields with classes teach one, which goes to other servers`(
    descriptor: String
  ) async throws {
    let exchange = StubService()
    let examples = try await examples(exchange)
    let more = #", "descriptor": "\#(descriptor)", "c": 100"#
    let made = try trained(
      await exchange.send(.post, "/classifiers", document(examples, more)))
    #expect(made.classes.map(\.name) == ["bright", "dark"] && made.classes.map(\.id) == [1, 2])
    #expect(made.labelled == ["1": 3, "2": 3] && made.descriptor == descriptor)
    #expect(made.heldOut?.images == 6 && made.heldOut?.right == 6)
    let again = try trained(
      await exchange.send(.post, "/classifiers", document(examples.reversed(), more)))
    #expect(again.id == made.id)

    let file = try await exchange.send(.get, "/classifiers/\(made.id)")
    let other = StubService()
    #expect(try await other.send(.put, "/classifiers/\(made.id)", file.body).status == 201)
    for isBright in [false, true] {
      let image = try picture(isBright: isBright, seed: 9)
      let sent = try await other.send(
        .post, "/features?output=logits&classifier=\(made.id)&\(Self.options)", image)
      #expect(sent.status == 200)
      let answer = try JSONDecoder().decode(Classification.self, from: Data(sent.body))
      #expect(answer.classes == 2 && answer.top.count == 2)
      #expect(answer.top[0].name == (isBright ? "bright" : "dark"))
      #expect(answer.top[0].index == (isBright ? 0 : 1) && answer.top[0].probability > 0.5)
      let field = try await other.field(image, Self.options)
      let kept = try await other.send(.get, "/fields/\(field)/logits?classifier=\(made.id)")
      #expect(kept.status == 200 && kept.body == sent.body)
    }
    #expect(try await other.send(.delete, "/classifiers/\(made.id)").status == 204)
  }

  @Test func `Image classifiers: they are of their kind of field, and of whole images`()
    async throws
  {
    let exchange = StubService()
    let made = try trained(
      await exchange.send(.post, "/classifiers", document(examples(exchange))))
    let image = try picture(isBright: true, seed: 9)
    let other = try await exchange.field(image, "quality=draft&flips=none&scale=max")
    let refused = try await exchange.send(.get, "/fields/\(other)/logits?classifier=\(made.id)")
    let problem = try ProblemDocument(refused, "another scale")
    #expect(refused.status == 409 && problem.kind == "other-field")
    #expect(problem.detail.contains("scale=none, here max"))
    let pixels = try await exchange.send(
      .get, "/fields/\(other)/segmentation?classifier=\(made.id)")
    #expect(pixels.status == 422)
    #expect(try ProblemDocument(pixels, "pixels").kind == "other-classifier")
    let own = try await exchange.send(.get, "/fields/\(other)/logits")
    #expect(own.status == 200, "the model's own head")
    let top = try await exchange.send(
      .get, "/fields/\(other)/logits?classifier=\(made.id)&scale=none&top=1")
    #expect(
      try JSONDecoder().decode(Classification.self, from: Data(top.body)).top.map(\.name)
        == ["bright"])
  }

  @Test func `Image classifiers: damage to a file is told`() async throws {
    let exchange = StubService()
    let made = try trained(
      await exchange.send(.post, "/classifiers", document(examples(exchange))))
    var file = try await exchange.send(.get, "/classifiers/\(made.id)").body
    file[file.count - 3] ^= 1
    let outcome = try await StubService().send(.put, "/classifiers/\(made.id)", file)
    #expect(outcome.status == 422)
    #expect(try ProblemDocument(outcome, "damage").kind == "malformed-classifier")
  }

  @Test(arguments: [
    (#""a""#, #""a""#, "", "too-few-classes"), ("1", #""a""#, "", "malformed-training"),
    ("0", "1", "", "bad-classes"), ("1", "2", #", "features": "deep""#, "malformed-training"),
    ("1", "2", #", "descriptor": "vlad""#, "malformed-training"),
    ("1", "2", #", "layer": "last""#, "malformed-training"),
    (
      "1", "3", ##", "classes": [{"id": 1, "name": "a", "color": "#000000"}]"##,
      "malformed-training"
    ), ("null", "1", "", "malformed-training"),
  ])
  func `Image classifiers: bad classes are refused in words`(
    first: String, second: String, more: String, kind: String
  ) async throws {
    let exchange = StubService()
    let fields = try await examples(exchange).map(\.field)
    let body = document([(fields[0], first), (fields[1], second)], more)
    let outcome = try await exchange.send(.post, "/classifiers", body)
    #expect(outcome.status == 422)
    #expect(try ProblemDocument(outcome, "\(first), \(second)\(more)").kind == kind)
  }
}
