import Files
import Encoders
import Featurization
import Imaging
import Support
import Testing

/// Principal components by the definition, from every pixel, in double precision.
struct PlainComponents {
  let mean: [Double]
  /// `[dim][dim]`, the largest eigenvalue first, each with its largest loading positive.
  let components: [[Double]]

  init(of vectors: [[Float]]) {
    let dim = vectors[0].count
    let count = Double(vectors.count)
    let mean = (0..<dim).map { k in vectors.reduce(0) { $0 + Double($1[k]) } / count }
    var matrix = (0..<dim).map { i in
      (0..<dim).map { j in
        vectors.reduce(0) { $0 + (Double($1[i]) - mean[i]) * (Double($1[j]) - mean[j]) } / count
      }
    }
    var vectors = (0..<dim).map { i in (0..<dim).map { $0 == i ? 1.0 : 0 } }
    // Source: Golub and Van Loan, Matrix Computations, §8.5, cyclic Jacobi.
    for _ in 0..<60 {
      for p in 0..<dim {
        for q in p + 1..<dim where abs(matrix[p][q]) > 1e-300 {
          let tau = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q])
          let t = (tau >= 0 ? 1 : -1) / (abs(tau) + (1 + tau * tau).squareRoot())
          let c = 1 / (1 + t * t).squareRoot()
          for k in 0..<dim {
            let (kp, kq) = (matrix[k][p], matrix[k][q])
            (matrix[k][p], matrix[k][q]) = (c * kp - t * c * kq, t * c * kp + c * kq)
          }
          for k in 0..<dim {
            let (pk, qk) = (matrix[p][k], matrix[q][k])
            (matrix[p][k], matrix[q][k]) = (c * pk - t * c * qk, t * c * pk + c * qk)
            let (vp, vq) = (vectors[p][k], vectors[q][k])
            (vectors[p][k], vectors[q][k]) = (c * vp - t * c * vq, t * c * vp + c * vq)
          }
        }
      }
    }
    let order = (0..<dim).sorted { matrix[$0][$0] > matrix[$1][$1] }
    self.mean = mean
    components = order.map { index in
      let largest = vectors[index].max { abs($0) < abs($1) } ?? 0
      return vectors[index].map { largest < 0 ? -$0 : $0 }
    }
  }

  func scores(_ vector: [Float], _ count: Int) -> [Float] {
    components.prefix(count).map { component in
      Float(zip(component, zip(vector, mean)).reduce(0) { $0 + $1.0 * (Double($1.1.0) - $1.1.1) })
    }
  }
}

@Suite("Components and bases") struct ComponentsTests {
  let stub = StubFeaturizer()

  private func field(_ seed: Int, _ query: String = "") async throws -> KeptField {
    try await KeptField(stub, Raster.noise(44, 36, seed: UInt64(seed)), query)
  }

  @Test(arguments: ["", "grid=patch&stride=5", "facet=key", "upsample=nearest&stride=7"])
  func `Components: they follow the definition, and fewer are the first of more`(query: String)
    async throws
  {
    let field = try await field(1)
    let features = try await field.array(query)
    let plain = PlainComponents(of: features.vectors)
    let all = try await field.array("\(query)&components=6").vectors
    for count in 1...6 {
      let some = try await field.array("\(query)&components=\(count)")
      #expect(some.shape == [features.shape[0], features.shape[1], count])
      let first = all.map { Array($0.prefix(count)) }
      #expect(difference(some.values, first.flatMap { $0 }) < 1e-4)
      let expected = features.vectors.flatMap { plain.scores($0, count) }
      #expect(difference(some.values, expected) < 2e-3, "\(query), \(count)")
      let pca = try await field.array("\(query)&output=pca&format=npy&components=\(count)")
      #expect(pca.payload == some.payload)
    }
    let three = try await field.array("\(query)&output=pca&format=npy")
    #expect(difference(three.values, all.flatMap { $0.prefix(3) }) < 1e-4)
  }

  @Test func `Basis: the field's own basis is the default`() async throws {
    let field = try await field(2)
    for query in ["components=4", "output=pca&format=npy", "components=2&region=3,4,9,9"] {
      let own = try await field.array(query)
      let same = try await field.array("\(query)&basis=\(field.record.name)")
      #expect(own.shape == same.shape && own.payload == same.payload)
    }
  }

  @Test func `Basis: another field's basis includes its mean`() async throws {
    let (one, other) = (try await field(3), try await field(4, "stride=7&flips=none"))
    let plain = try await PlainComponents(of: other.array("").vectors)
    for query in ["", "grid=patch&stride=4", "region=5,6,7,8"] {
      let features = try await one.array(query)
      let found = try await one.array("\(query)&components=5&basis=\(other.record.name)")
      let expected = features.vectors.flatMap { plain.scores($0, 5) }
      #expect(difference(found.values, expected) < 2e-3, "\(query)")
      let own = try await one.array("\(query)&components=5")
      #expect(difference(found.values, own.values) > 0.01)
    }
  }

  @Test
  func `Basis: an unknown one, or one of another dimension, is refused as such`() async throws {
    let id = String(repeating: "0", count: 64)
    let field = try await field(5)
    await #expect {
      try await field.ask("components=2&basis=\(id)")
    } throws: { error in
      guard case FeaturizationError.noSuchField(let digest) = error else { return false }
      return digest.description == id
    }
    let cards = [ModelCard.stub(), .stub(name: "narrow", dim: 4)]
    let stub = StubFeaturizer(cards: cards)
    let image = try Raster.noise(30, 30).png()
    let narrow = try FeatureRequest(
      [("model", "narrow")], cards: cards, defaultModel: "stub14")
    let foreign = try await stub.services.keep(.bytes(image), narrow.field).field
    let wide = try parse("components=2&basis=\(foreign.id)")
    await #expect(throws: FeaturizationError.foreignBasis(dim: 4, wanted: 6)) {
      try await stub.services.answer(image, wide)
    }
  }
}
