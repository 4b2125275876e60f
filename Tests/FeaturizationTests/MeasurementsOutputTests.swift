import Cache
import Featurization
import Files
import Foundation
import ImageCodecs
import Imaging
import Segmentation
import Support
import Testing

@Suite("Measurements of fields") struct MeasurementsOutputTests {
  private static let size = Size(width: 60, height: 40)

  /// Squares of class 2 on a ground of class 1; the lowest four rows are left out.
  private static let ids: [UInt8] = (0..<size.width * size.height).map { place in
    let (x, y) = (place % size.width, place / size.width)
    if y >= 36 { return 255 }
    return (10..<18).contains(y) && (5..<13).contains(x)
      || (20..<24).contains(y) && (40..<44).contains(x)
      ? 2 : 1
  }

  private static let picture = Raster(
    size: size, channels: 1, samples: .uint8(ids.map { $0 == 2 ? 200 : 60 }))

  private static func labels(_ ids: [UInt8]) throws -> [UInt8] {
    try encodePNG(Raster(size: size, channels: 1, samples: .uint8(ids)))
  }

  private func ask(
    _ field: KeptField, _ query: String, _ labels: [UInt8]? = nil
  ) async throws -> Answer {
    try await field.ask(query, among: [.measurements], posted: labels.map(QueryPayload.init))
  }

  private func field() async throws -> KeptField {
    try await KeptField(StubFeaturizer(), Self.picture, "stride=7")
  }

  /// The rows by their columns' names.
  private func rows(_ answer: Answer) async throws -> [[String: String]] {
    let lines = String(decoding: try await answer.bytes(), as: UTF8.self).split(separator: "\n")
    let names = lines[0].split(separator: ",").map(String.init)
    return lines.dropFirst().map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return Dictionary(uniqueKeysWithValues: zip(names, cells))
    }
  }

  @Test func `Measurements: fractions count what is not left out`() async throws {
    let found = try await rows(ask(field(), "of=fractions", Self.labels(Self.ids)))
    #expect(found.map { $0["n_px"] } == ["2080", "80"])
    #expect(found[1]["fraction"] == "\(80.0 / 2160)" && found[1]["class"] == "class 2")
    let low = try #require(Double(found[1]["ci_low"] ?? ""))
    let high = try #require(Double(found[1]["ci_high"] ?? ""))
    #expect(low <= 80.0 / 2160 && high >= 80.0 / 2160)
    #expect(found[1]["area_um2"] == "" && found[1]["soft_fraction"] == "")
  }

  @Test func `Measurements: what is left out inside takes the interval away, and is said`()
    async throws
  {
    var ids = Self.ids
    ids[15 * 60 + 30] = 255
    let answer = try await ask(field(), "format=json", Self.labels(ids))
    struct Document: Decodable {
      struct Row: Decodable { let fraction: Double, ci_low: Double? }
      let notices: [String]
      let rows: [Row]
    }
    let found = try JSONDecoder().decode(Document.self, from: Data(await answer.bytes()))
    #expect(found.rows.map(\.ci_low) == [nil, nil])
    #expect(found.notices.contains { $0.contains("region=") })
  }

  @Test func `Measurements: objects have the areas, places and levels that were drawn`()
    async throws
  {
    let found = try await rows(ask(field(), "of=objects", Self.labels(Self.ids)))
    #expect(found.map { $0["area_px"] } == ["2080", "64", "16"])
    #expect(found[1]["x_px"] == "8.5" && found[1]["y_px"] == "13.5")
    #expect(found[1]["solidity"] == "1.0" && found[1]["extent"] == "1.0")
    #expect(found[0]["touches_edge"] == "true" && found[1]["touches_edge"] == "false")
    let (bright, dark) = (Double(found[1]["mean_grey"] ?? ""), Double(found[0]["mean_grey"] ?? ""))
    #expect(try #require(bright) > #require(dark))
  }

  @Test func `Measurements: interfaces are of pairs, and of each class against all`() async throws {
    let found = try await rows(ask(field(), "of=interfaces", Self.labels(Self.ids)))
    #expect(found.map { $0["id"] } == ["1", "1", "2"])
    #expect(found.map { $0["other_id"] } == ["", "2", ""])
    #expect(Set(found.map { $0["length_px"] }).count == 1)
  }

  @Test func `Measurements: a correlation begins with the fraction`() async throws {
    let region = "of=correlation&region=0,0,60,36"
    let found = try await rows(ask(field(), region, Self.labels(Self.ids)))
    let second = try #require(found.first { $0["id"] == "2" })
    #expect(second["r_px"] == "0")
    #expect(abs((Double(second["s2"] ?? "") ?? 0) - 80.0 / 2160) < 1e-12)
  }

  @Test func `Measurements: a region measures what is inside alone`() async throws {
    let found = try await rows(
      ask(field(), "of=objects&region=0,0,20,36", Self.labels(Self.ids)))
    #expect(found.map { $0["area_px"] } == ["656", "64"])
    await #expect(throws: FeaturizationError.self) {
      try await ask(field(), "region=50,0,20,36", Self.labels(Self.ids))
    }
  }

  @Test func `Measurements: a classifier's classes have probabilities, and a mask leaves out`()
    async throws
  {
    let field = try await field()
    var strokes = [UInt8](repeating: 0, count: Self.ids.count)
    for place in strokes.indices where place % 7 == 0 && Self.ids[place] != 255 {
      strokes[place] = Self.ids[place]
    }
    let trained = try await field.ask(
      "format=raw&features=classical", among: OutputKind.ofClassifiers,
      posted: QueryPayload(Self.labels(strokes)))
    let id = try #require(trained.classifier)
    let all = try await rows(ask(field, "classifier=\(id)"))
    let masked = try await rows(
      ask(field, "classifier=\(id)", Self.labels(Self.ids.map { $0 == 255 ? 255 : 0 })))
    #expect(all.compactMap { Int($0["n_px"] ?? "") }.reduce(0, +) == 2400)
    #expect(masked.compactMap { Int($0["n_px"] ?? "") }.reduce(0, +) == 2160)
    let soft = masked.compactMap { Double($0["soft_fraction"] ?? "") }
    #expect(soft.count == 2 && abs(soft[0] + soft[1] - 1) < 1e-5)
    let clean = try await rows(ask(field, "classifier=\(id)&clean=area:30&of=objects"))
    #expect(clean.allSatisfy { (Int($0["area_px"] ?? "") ?? 0) >= 30 })
  }

  @Test func `Measurements: of several pages each row has its page`() async throws {
    let stub = StubFeaturizer()
    let field = try await KeptField(stub, Self.picture, "stride=7")
    var strokes = [UInt8](repeating: 0, count: Self.ids.count)
    for place in strokes.indices where place % 7 == 0 && Self.ids[place] != 255 {
      strokes[place] = Self.ids[place]
    }
    let trained = try await field.ask(
      "format=raw&features=classical", among: OutputKind.ofClassifiers,
      posted: QueryPayload(Self.labels(strokes)))
    let id = try #require(trained.classifier)
    let stack = ForgedStack(noise: 5, 31, 22).bytes
    func table(_ page: String, _ of: String) async throws -> [[String: String]] {
      let options = [("page", page), ("of", of), ("classifier", "\(id)")]
      let request = try stub.services.fields.request(options, among: [.measurements])
      return try await rows(stub.services.answer(stack, request))
    }
    let all = try await table("all", "fractions")
    #expect(all.map { $0["page"] } == (0..<5).flatMap { ["\($0)", "\($0)"] })
    for page in 0..<5 {
      let own = all.filter { $0["page"] == "\(page)" }.compactMap { Int($0["n_px"] ?? "") }
      #expect(own.reduce(0, +) == 31 * 22)
    }
    let objects = try await table("1-3", "objects")
    #expect(Set(objects.compactMap { $0["page"] }) == ["1", "2", "3"])
    #expect(try await table("2", "fractions").allSatisfy { $0["page"] == nil })
    await #expect(throws: FeaturizationError.severalPagesOfLabels) {
      try await ask(field, "classifier=\(id)&page=all", Self.labels(Self.ids))
    }
  }

  @Test func `Measurements: refits tell how much a fraction depends on the strokes`() async throws {
    let stub = StubFeaturizer()
    let field = try await KeptField(stub, Self.picture, "stride=7")
    var strokes = [UInt8](repeating: 0, count: Self.ids.count)
    for place in strokes.indices where place % 7 == 0 && Self.ids[place] != 255 {
      strokes[place] = Self.ids[place]
    }
    let painted = try Self.labels(strokes)
    _ = try await stub.services.images.keep(painted)
    let labels = SHA256.digest(of: painted)
    let training = try SegmentationOutput.Training(features: .classical, learner: .logistic, c: nil)
    let example = TrainingExample(field: field.record.name, labels: labels)
    let plain = try await stub.services.queries.train(training, on: [example], classes: nil)
    let refitted = try await stub.services.queries.train(
      training, on: [example], classes: nil, refits: 4)
    let without = try await rows(ask(field, "classifier=\(plain.id)"))
    #expect(without.map { $0["refit_sd"] } == ["", ""])
    #expect(without.map { $0["held_out_accuracy"] } == ["", ""])
    let answer = try await ask(field, "classifier=\(refitted.id)")
    let found = try await rows(answer)
    let spreads = found.compactMap { Double($0["refit_sd"] ?? "") }
    // What one class gains the other loses.
    #expect(spreads.count == 2 && abs(spreads[0] - spreads[1]) < 1e-12 && spreads[0] < 0.1)
    let right = found.compactMap { Double($0["held_out_accuracy"] ?? "") }
    #expect(right.count == 2 && right.allSatisfy { $0 > 0.9 && $0 <= 1 })
    #expect(found.map { $0["fraction"] } == without.map { $0["fraction"] })
  }

  @Test func `Measurements: neither labels nor a classifier is refused, as are steps of scores`()
    async throws
  {
    let field = try await field()
    await #expect(throws: FeaturizationError.noLabels) { try await ask(field, "") }
    await #expect(throws: ParameterError.conflict(.clean, .classifier)) {
      try await ask(field, "clean=guided", Self.labels(Self.ids))
    }
    await #expect(throws: FeaturizationError.payload(.shape([3, 5], wanted: "[40, 60]"))) {
      try await ask(field, "", Raster.noise(5, 3, seed: 1).png())
    }
  }
}
