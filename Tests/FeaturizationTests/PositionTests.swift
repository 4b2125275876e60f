import Featurization
import ImageCodecs
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Tensors
import Testing

/// Every readout without directions of position is that of the array without them.
@Suite("Position removed", .timeLimit(.minutes(2))) struct PositionTests {
  private static let image = SegmentationOutputTests.image
  private let chance = SeededNumbers(seed: 9)

  @Test(arguments: ["", "&grid=patch"])
  func `Position: a posted map sees what is left`(more: String) async throws {
    let field = try await KeptField(StubFeaturizer(), Self.image, "stride=7")
    let rest = try await field.array("output=features&debias=2\(more)")
    var chance = chance
    let dim = rest.shape[2]
    let weights = chance.floats(3 * dim)
    let map = npy([3, dim], .float32, weights.flatMap { littleEndian($0.bitPattern) })
    func found(_ query: String) async throws -> ArrayFile {
      try await field.array(
        "output=logits\(query)\(more)", among: OutputKind.ofMaps, posted: QueryPayload(map))
    }
    var wanted: [Float] = []
    for vector in rest.vectors {
      for row in 0..<3 {
        var sum: Float = 0
        for column in 0..<dim { sum += vector[column] * weights[row * dim + column] }
        wanted.append(sum)
      }
    }
    #expect(try await difference(found("&debias=2").values, wanted) < 1e-4)
    #expect(try await difference(found("").values, wanted) > 1e-3)
    let labels = try await field.ask(
      "output=labels&format=raw&debias=2\(more)", among: OutputKind.ofMaps,
      posted: QueryPayload(map)
    ).bytes()
    for (place, label) in labels.enumerated() {
      let scores = wanted[3 * place..<3 * place + 3]
      #expect((scores.max() ?? 0) - scores[3 * place + Int(label)] < 1e-4)
    }
  }

  @Test func `Position: one more direction takes one more dimension away`() async throws {
    let field = try await KeptField(StubFeaturizer(), Self.image, "stride=7")
    var vectors = try await field.array("output=features").vectors
    let dim = vectors[0].count
    var ranks: [Int] = []
    for count in 1...3 {
      let rest = try await field.array("output=features&debias=\(count)").vectors
      var products = [Double](repeating: 0, count: dim * dim)
      for (vector, left) in zip(vectors, rest) {
        let gone = zip(vector, left).map { Double($0) - Double($1) }
        for i in 0..<dim {
          for j in 0..<dim { products[i * dim + j] += gone[i] * gone[j] }
        }
      }
      let values = try SymmetricEigen(of: products, order: dim).values
      ranks.append(values.count { $0 > max(1e-6, 1e-6 * values[0]) })
      vectors = rest
    }
    // None where the picture has nothing in that direction.
    #expect(ranks.allSatisfy { $0 <= 1 } && ranks.contains(1), "\(ranks)")
  }

  @Test(arguments: ["logistic", "lda", "ridge", "forest"])
  func `Position: a classifier learns from what is left, and sees it again`(
    kind: String
  ) async throws {
    let stub = StubFeaturizer()
    let field = try await KeptField(stub, Self.image, "stride=7")
    let answer = try await field.ask(
      "format=raw&features=deep&debias=2&kind=\(kind)", among: OutputKind.ofClassifiers,
      posted: QueryPayload(try SegmentationOutputTests.labels()))
    let id = try #require(answer.classifier)
    let classifier = try stub.services.classifiers.classifier(id)
    #expect(classifier.provenance.debias == 2)
    #expect(try Classifier(file: classifier.file).provenance.debias == 2)
    let labels = try await answer.bytes()
    let again = try await field.ask(
      "format=raw&classifier=\(id)", among: OutputKind.ofClassifiers
    ).bytes()
    #expect(areEqual(again, labels))
    let other = try await field.ask(
      "format=raw&features=deep&kind=\(kind)", among: OutputKind.ofClassifiers,
      posted: QueryPayload(try SegmentationOutputTests.labels()))
    #expect(other.classifier != id)
    guard kind != "forest", let linear = classifier.model.linear else { return }
    // The same readout of the array.
    let (coefficients, intercepts) = linear.published
    let rest = try await field.array("output=features&debias=2")
    let dim = rest.shape[2]
    let different = zip(rest.vectors, labels).count { vector, label in
      // Of two classes there is one score, of the second.
      var score = intercepts[0]
      for column in 0..<dim { score += Double(vector[column]) * coefficients[column] }
      return abs(score) > 1e-4 && (score > 0 ? 7 : 3) != label
    }
    #expect(different == 0)
  }

  private func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool { a == b }

  @Test func `Position: where nothing can be removed, it is refused by name`() throws {
    let field = try parse("").field
    for (query, expected) in [
      ("debias=65", ParameterError.invalid(.debias, value: "65")),
      ("debias=2&features=classical", .conflict(.debias, .features)),
      ("debias=2&features=auto", .conflict(.debias, .features)),
      (
        "debias=2&classifier=\(String(repeating: "0", count: 64))",
        .conflict(.classifier, .debias)
      ),
    ] {
      #expect(throws: expected, "\(query)") {
        try KeptField.request(query, among: OutputKind.ofClassifiers, of: field)
      }
    }
    #expect(throws: ParameterError.conflict(.debias, .basis)) {
      try KeptField.request(
        "debias=2&components=2&basis=\(String(repeating: "0", count: 64))", among: [.pca], of: field
      )
    }
  }

  @Test(arguments: ["quality=draft", "grid=patch&stride=6", "stride=5&flips=none"])
  func `Position: components of all pages together are those of what is left`(
    query: String
  ) async throws {
    let stack = ForgedStack(noise: 4, 33, 24).bytes
    let stub = StubFeaturizer()
    func array(_ more: String) async throws -> ArrayFile {
      try await ArrayFile(
        stub.services.answer(stack, parse("\(query)&page=all&\(more)")).bytes())
    }
    let vectors = try await array("debias=2").vectors
    let whole = try await array("").vectors
    #expect(difference(vectors.flatMap { $0 }, whole.flatMap { $0 }) > 1e-3)
    let expected = PlainComponents(of: vectors)
    for output in ["output=pca&format=npy&debias=2", "components=3&debias=2"] {
      let found = try await array(output)
      let wanted = vectors.flatMap { expected.scores($0, 3) }
      #expect(difference(found.values, wanted) < 2e-4, "\(output)")
      // Others of the same pages, which are named apart.
      let plain = try await array(output.replacing("&debias=2", with: ""))
      #expect(difference(plain.values, found.values) > 1e-3)
    }
  }
}
