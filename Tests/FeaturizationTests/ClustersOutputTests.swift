import Analysis
import Featurization
import Foundation
import ImageCodecs
import Imaging
import Segmentation
import Support
import Testing

@Suite("Clusters of fields") struct ClustersOutputTests {
  private static let size = Size(width: 84, height: 56)

  /// A dark left third and a bright rest, with noise.
  private static func image(seed: UInt64) -> Raster {
    let noise = Raster.noise(size.width, size.height, seed: seed)
    let samples = (0..<size.width * size.height).map { place -> UInt8 in
      let level = noise.level(0, x: place % size.width, y: place / size.width) ?? 0
      return UInt8(level) / 8 + (place % size.width < size.width / 3 ? 40 : 180)
    }
    return Raster(size: size, channels: 1, samples: .uint8(samples))
  }

  private func field(_ stub: StubFeaturizer, seed: UInt64 = 5) async throws -> KeptField {
    try await KeptField(stub, Self.image(seed: seed), "stride=7")
  }

  private func ids(_ field: KeptField, _ query: String) async throws -> [UInt8] {
    try await field.ask("format=raw&\(query)", among: OutputKind.ofClusters).bytes()
  }

  private struct Summary: Decodable {
    struct Image: Decodable {
      struct Cluster: Decodable {
        let id: Int
        let pixels: Int
        let share: Double
        let mean_grey: Double?
        let box: [Int]?
      }

      let width: Int
      let clusters: [Cluster]
    }

    let k: Int
    let iterations: Int
    let converged: Bool
    let inertia: Double
    let explained: Double?
    let merged: [[Int]]?
    let images: [Image]
  }

  private func summary(_ field: KeptField, _ query: String) async throws -> Summary {
    let answer = try await field.ask("format=json&\(query)", among: OutputKind.ofClusters)
    return try JSONDecoder().decode(Summary.self, from: Data(await answer.bytes()))
  }

  @Test(arguments: ["k=3", "k=6&seed=4", "k=3&features=hybrid", "k=4&normalise=l2&centre=true"])
  func `Clusters: every pixel has one, the largest is the first, and the summary counts them`(
    query: String
  ) async throws {
    let field = try await field(StubFeaturizer())
    let ids = try await ids(field, query)
    let summary = try await summary(field, query)
    #expect(ids.count == 84 * 56 && summary.images.count == 1 && summary.converged)
    let clusters = summary.images[0].clusters
    #expect(clusters.map(\.id) == Array(1...summary.k))
    for cluster in clusters {
      let places = ids.indices.filter { ids[$0] == cluster.id }
      #expect(cluster.pixels == places.count)
      #expect(abs(cluster.share - Double(places.count) / Double(ids.count)) < 1e-9)
      let (columns, rows) = (places.map { $0 % 84 }, places.map { $0 / 84 })
      let box = try #require(cluster.box)
      #expect(box[0] == columns.min() && box[1] == rows.min())
      #expect(box[0] + box[2] - 1 == columns.max() && box[1] + box[3] - 1 == rows.max())
    }
    #expect(clusters.map(\.pixels) == clusters.map(\.pixels).sorted(by: >))
    #expect(try #require(summary.explained) > 0.1 && summary.inertia > 0)
    // Again, and on another server, it is the same.
    let other = try await self.field(StubFeaturizer())
    #expect(try await self.ids(other, query) == ids)
  }

  @Test(arguments: ["", "&debias=2"])
  func `Clusters: their linear map finds them again, counted from 0`(more: String) async throws {
    let field = try await field(StubFeaturizer())
    let ids = try await ids(field, "k=5\(more)")
    let map = try await field.ask("output=centroids&k=5\(more)", among: OutputKind.ofClusters)
      .bytes()
    let found = try await field.ask(
      "output=labels&format=raw", among: OutputKind.ofMaps, posted: QueryPayload(map)
    ).bytes()
    let different = zip(ids, found).count { $0 != $1 + 1 }
    #expect(different == 0)
  }

  @Test func `Clusters: the picture has the clusters' colours, and names`() async throws {
    let field = try await field(StubFeaturizer())
    let answer = try await field.ask("k=3", among: OutputKind.ofClusters)
    let bytes = try await answer.bytes()
    #expect(answer.format == .png && bytes.starts(with: [0x89, 0x50]))
    #expect(String(decoding: bytes, as: UTF8.self).contains("cluster 3"))
    let levels = try decode(bytes, limits: DecodingLimits())
    #expect(levels.size == Self.size)
  }

  @Test(arguments: ["ward:3", "complete:3", "kmeans:3", "hrdv2"])
  func `Clusters: merged ones are unions of clusters`(merge: String) async throws {
    let field = try await field(StubFeaturizer())
    let before = try await ids(field, "k=9")
    let after = try await ids(field, "k=9&merge=\(merge)")
    let merged = try #require(try await summary(field, "k=9&merge=\(merge)").merged)
    #expect(merged.joined().sorted() == Array(1...9))
    if merge != "hrdv2" { #expect(merged.count == 3) }
    for (old, new) in zip(before, after) {
      try #require(merged[Int(new) - 1].contains(Int(old)))
    }
  }

  @Test(arguments: ["majority:8", "guided:4,0.001", "crf:hrdv2", "area:400", "smooth:8"])
  func `Clusters: they are cleaned up as classes are`(clean: String) async throws {
    let field = try await field(StubFeaturizer())
    let before = try await ids(field, "k=7")
    let after = try await ids(field, "k=7&clean=\(clean)")
    #expect(after.count == before.count && after != before)
    #expect(after.allSatisfy { (1...7).contains($0) })
    let changed = zip(before, after).count { $0 != $1 }
    #expect(changed < before.count / 2)
  }

  @Test func `Clusters: a picture of one grey level is refused`() async throws {
    let flat = Raster(
      size: Self.size, channels: 1,
      samples: .uint8(Array(repeating: 90, count: Self.size.width * Self.size.height)))
    let field = try await KeptField(StubFeaturizer(), flat, "stride=7")
    await #expect(throws: FeaturizationError.analysis(.noContrast)) {
      try await field.ask("k=3", among: OutputKind.ofClusters)
    }
  }

  @Test(arguments: [
    ("k=0", ParameterError.invalid(.k, value: "0")), ("k=1", .invalid(.k, value: "1")),
    ("k=1000000", .invalid(.k, value: "1000000")),
    ("features=classical", .invalid(.features, value: "classical")),
    ("features=hybrid&normalise=l2", .conflict(.normalise, .features)),
    ("k=4&merge=ward:5", .conflict(.merge, .k)),
    ("merge=ward:3&clean=guided", .conflict(.clean, .merge)),
    ("merge=ward", .invalid(.merge, value: "ward")),
    ("merge=ward:1", .invalid(.merge, value: "ward:1")),
    ("debias=65", .invalid(.debias, value: "65")),
    ("iterations=0", .invalid(.iterations, value: "0")),
    ("output=centroids&normalise=l2", .conflict(.normalise, .output)),
    ("page=all", .conflict(.page, .output)),
  ])
  func `Clusters: options that cannot be are refused by name`(
    query: String, expected: ParameterError
  ) throws {
    let field = try parse("").field
    #expect(throws: expected) {
      try KeptField.request(query, among: OutputKind.ofClusters, of: field)
    }
  }

  @Test func `Clusters: more than there are different vectors are refused`() async throws {
    let field = try await KeptField(StubFeaturizer(), Raster.noise(28, 28), "")
    await #expect(throws: FeaturizationError.self) {
      try await field.ask("k=200", among: OutputKind.ofClusters)
    }
  }

  @Test func `Position: what is removed is orthogonal to what is left`() async throws {
    let field = try await field(StubFeaturizer())
    let whole = try await field.array("output=features")
    let rest = try await field.array("output=features&debias=2")
    #expect(whole.shape == rest.shape)
    let dim = whole.shape[2]
    var removed = 0.0
    for pixel in 0..<whole.values.count / dim {
      let (a, b) = (
        whole.values[pixel * dim..<(pixel + 1) * dim], rest.values[pixel * dim..<(pixel + 1) * dim]
      )
      let away = zip(a, b).map { Double($0 - $1) }
      let product = zip(away, b).reduce(0) { $0 + $1.0 * Double($1.1) }
      let square = b.reduce(0) { $0 + Double($1) * Double($1) }
      removed += away.reduce(0) { $0 + $1 * $1 }
      try #require(abs(product) < 1e-4 * max(square, 1))
    }
    #expect(removed > 0)
    let pca = try await field.ask("output=pca&debias=2")
    #expect(pca.shape == [56, 84, 3])
  }
}
