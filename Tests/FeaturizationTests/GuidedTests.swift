import Tensors
import Encoders
import Featurization
import Fields
import Foundation
import Imaging
import LinearAlgebra
import Cache
import Support
import Testing

/// `upsample=jbu`: fields whose resolution is raised with the image as a guide.
@Suite("Guided answers", .timeLimit(.minutes(2))) struct GuidedTests {
  static let image = Raster.noise(40, 31, seed: 3)
  static let card = ModelCard.stub(
    name: "guided", upsampler: ModelCard.Upsampler(doublings: 2, hasNorm: false))
  static let cards = StubFeaturizer.cards + [card]
  static let guided = "model=guided&upsample=jbu&scale=none"

  private func stub(
    memory: Int = 1 << 26, disk: DiskStore? = nil, limits: FeaturizationLimits = .tests
  ) -> StubFeaturizer {
    StubFeaturizer(limits: limits, memory: memory, disk: disk, cards: Self.cards)
  }

  private static func dot(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(Float(0)) { $0 + $1.0 * $1.1 }
  }

  private func parse(_ query: String) throws(ParameterError) -> FeatureRequest {
    try FeatureRequest(pairs(query), cards: Self.cards, defaultModel: "stub14")
  }

  private func features(_ query: String, _ stub: StubFeaturizer? = nil) async throws -> ArrayFile {
    let services = (stub ?? self.stub()).services
    return try await ArrayFile(
      services.answer(Self.image.png(), parse("\(Self.guided)&\(query)")).bytes())
  }

  /// A stored field with an answer from it, `[height, width, channels]`.
  private func kept(
    _ services: Services, _ id: FieldRecord, _ query: String,
    among outputs: [OutputKind] = OutputKind.ofImages,
    posted: QueryPayload? = nil
  ) async throws -> Answer {
    let request = try FeatureRequest(
      pairs(query), among: outputs, of: id.request, card: Self.card)
    return try await services.answer(id, request, posted: posted)
  }

  private func keep(_ stub: StubFeaturizer) async throws -> FieldRecord {
    let made = try await stub.services.keep(.bytes(Self.image.png()), parse(Self.guided).field)
    return try await stub.services.record(of: made.field.id)
  }

  /// The stub's upsampler applied to the identity view, resized to the image's pixels.
  private func field() async throws -> FeatureField {
    let plain = try parse("model=guided&stride=14&flips=none&grid=patch&scale=none")
    let patches = try await ArrayFile(
      stub().services.answer(Self.image.png(), plain).bytes())
    let canvas = try #require(Canvas(Self.image.size, fit: .pad, patch: 14))
    let size = canvas.encoded
    let (rows, columns) = (canvas.sourceRows, canvas.sourceColumns)
    var values: [Float] = []
    for channel in 0..<3 {
      for y in rows {
        for x in columns {
          values.append(Float(Self.image.level(channel, x: x, y: y) ?? 0) / 255)
        }
      }
    }
    let planes = InputPlanes(size: size, values: values)
    let grid = Grid(rows: patches.shape[0], columns: patches.shape[1])
    let map = FeatureMap(
      grid: grid, vectors: Matrix(rows: grid.count, columns: 6, patches.values))
    let workers = ThreadPool(count: 1)
    defer { workers.close() }
    return FeatureField(
      canvas: canvas,
      guided: StubEncoder(card: Self.card).guided(map, by: planes))
  }

  /// Tolerance: |Δ| ≤ 1e-4 where values are around 50.
  @Test func `Guided upsampling: features are the upsampler's output for the identity view`()
    async throws
  {
    let field = try await field()
    let wanted = MutableMatrix(rows: 40 * 31, columns: 6)
    field.rows(0..<31, into: wanted.all)
    let found = try await features("")
    #expect(found.shape == [31, 40, 6])
    #expect(difference(found.values, wanted.values) <= 1e-4)
    // They differ from the interpolated patches.
    let plain = try parse("model=guided&stride=14&flips=none&alignment=image")
    let other = try await ArrayFile(stub().services.answer(Self.image.png(), plain).bytes())
    #expect(difference(found.values, other.values) > 0.1)
  }

  @Test func `Guided upsampling: regions and points equal those of the whole`() async throws {
    let whole = try await features("")
    let region = try await features("region=5,7,20,11")
    for (index, vector) in region.vectors.enumerated() {
      #expect(vector == whole.vector(x: 5 + index % 20, y: 7 + index / 20))
    }
    let points = try await features("points=0,0;39,30;17,4")
    #expect(
      points.vectors == [(0, 0), (39, 30), (17, 4)].map { whole.vector(x: $0.0, y: $0.1) })
  }

  /// Tolerance: |Δ| ≤ 1e-3 where values are around 50, 1e-4 of cosines.
  @Test
  func `Guided upsampling: maps, components, norms and cosines equal those of the whole`()
    async throws
  {
    let stub = stub()
    let record = try await keep(stub)
    let whole = try await ArrayFile(kept(stub.services, record, "").bytes())
    let weights = (0..<12).map { Float($0 % 5) - 2 }
    let map = npy([2, 6], .float32, weights.flatMap { littleEndian($0.bitPattern) })
    let logits = try await ArrayFile(
      kept(stub.services, record, "", among: [.logits], posted: QueryPayload(map)).bytes())
    for (vector, found) in zip(whole.vectors, logits.vectors) {
      for k in 0..<2 {
        let wanted = Self.dot(Array(weights[6 * k..<6 * k + 6]), vector)
        #expect(abs(found[k] - wanted) <= 1e-3)
      }
    }
    let unit = try await ArrayFile(kept(stub.services, record, "normalise=l2").bytes())
    for vector in unit.vectors {
      #expect(abs(Self.dot(vector, vector) - 1) <= 1e-5)
    }
    let similarity = try await ArrayFile(
      kept(stub.services, record, "points=9,4", among: [.similarity]).bytes())
    let query = unit.vector(x: 9, y: 4)
    for (vector, found) in zip(unit.vectors, similarity.values) {
      #expect(abs(Self.dot(vector, query) - found) <= 1e-4)
    }
    let scores = try await ArrayFile(
      kept(stub.services, record, "components=6").bytes())
    // All components together lose nothing: distances are preserved.
    let (before, after) = (whole.vectors, scores.vectors)
    func distance(_ vectors: [[Float]], _ a: Int, _ b: Int) -> Float {
      let away = zip(vectors[a], vectors[b]).map { $0 - $1 }
      return Self.dot(away, away)
    }
    for (a, b) in [(0, 100), (3, 1200), (77, 400)] {
      let wanted = distance(before, a, b)
      #expect(abs(distance(after, a, b) - wanted) <= 1e-4 * max(wanted, 1))
    }
    for k in 0..<6 {
      let sum = after.reduce(0.0) { $0 + Double($1[k]) }
      #expect(abs(sum / 1240) <= 1e-3)
    }
  }

  static let questions = [
    "", "region=1,2,3,4", "output=pca", "output=attention", "components=2", "grid=patch",
    "output=foreground", "output=cls", "normalise=l2&points=3,3", "format=tiff",
  ]

  @Test
  func `Guided upsampling: a stored field answers alike from memory, from disk, and recomputed`()
    async throws
  {
    let folder = TemporaryFolder()
    let disk = try DiskStore(at: folder.path, budget: 1 << 24)
    let first = stub(disk: disk)
    let record = try await keep(first)
    let made = first.gate.arrivals
    let forgetful = stub(memory: 0, disk: disk)
    for query in Self.questions {
      let answer = try await kept(first.services, record, query).bytes()
      let again = try await kept(forgetful.services, record, query).bytes()
      #expect(answer == again, "\(query)")
      let fresh = try await stub().services.answer(
        Self.image.png(), parse("\(Self.guided)&\(query)"))
      #expect(try await fresh.bytes() == answer, "\(query)")
    }
    #expect(first.gate.arrivals == made && forgetful.gate.arrivals == 0)
  }

  @Test func `Guided upsampling: it determines the views, whatever the preset`() throws {
    let field = try parse(Self.guided).field
    #expect(field.encodeOptions.stride == 14 && field.flips == .none && field.shifts.isEmpty)
    #expect(field.alignment == .image && field.upsampling == .jbu)
    #expect(try parse("\(Self.guided)&stride=14&layer=last&flips=none&facet=token").field == field)
  }

  @Test(arguments: [
    ("stride=7", Parameter.stride, "14"), ("flips=both", .flips, "none"),
    ("shifts=1", .shifts, "none"), ("rotations=quarter", .rotations, "none"),
    ("layer=0", .layer, "last"), ("layer=0,last", .layer, "last"), ("facet=key", .facet, "token"),
    ("alignment=patches", .alignment, "image"), ("quality=fine", .quality, "its own views"),
  ])
  func `Guided upsampling: a conflicting option is named, with the allowed value`(
    query: String, parameter: Parameter, only: String
  ) {
    #expect(throws: ParameterError.notGuided(parameter, only: only)) {
      try parse("\(Self.guided)&\(query)")
    }
  }

  @Test func `Guided upsampling: a model without an upsampler is refused`() {
    #expect(throws: ParameterError.lacking(.upsampler, model: "stub14")) {
      try parse("upsample=jbu")
    }
  }

  @Test
  func `Guided upsampling: weights beyond the limit are refused before decoding`() async throws {
    var limits = FeaturizationLimits.tests
    // Nine patches, twenty cells each at two doublings, 49 numbers per cell.
    limits.guideBytes = 9 * 20 * 49 * 4
    _ = try await features("region=0,0,1,1", stub(limits: limits))
    limits.guideBytes -= 1
    let tight = stub(limits: limits)
    await #expect(
      throws: FeaturizationError.tooManyWeights(
        limit: limits.guideBytes, bytes: limits.guideBytes + 1)
    ) {
      _ = try await features("", tight)
    }
  }
}
