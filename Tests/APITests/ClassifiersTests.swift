import API
import Featurization
import Files
import Foundation
import HTTPTypes
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Classifiers over HTTP", .timeLimit(.minutes(2))) struct ClassifiersTests {
  private static let size = Size(width: 56, height: 42)

  /// Dark above and bright below, or the other way round, with noise.
  private static func picture(isUpright: Bool, seed: UInt64) throws -> [UInt8] {
    let noise = Raster.noise(size.width, size.height, seed: seed)
    let samples = (0..<size.width * size.height).map { place -> UInt8 in
      let level = noise.level(0, x: place % size.width, y: place / size.width) ?? 0
      let isDark = (place / size.width < size.height / 2) == isUpright
      return UInt8(level) / 8 + (isDark ? 30 : 190)
    }
    return try encodePNG(Raster(size: size, channels: 1, samples: .uint8(samples)))
  }

  private static func labels(_ above: UInt8, _ below: UInt8) throws -> [UInt8] {
    var ids = [UInt8](repeating: 0, count: size.width * size.height)
    for x in 10..<40 {
      ids[5 * size.width + x] = above
      ids[36 * size.width + x] = below
    }
    return try encodePNG(Raster(size: size, channels: 1, samples: .uint8(ids)))
  }

  private func keep(_ exchange: StubService, _ image: [UInt8]) async throws -> String {
    let name = "sha256-\(SHA256.digest(of: image))"
    let outcome = try await exchange.send(.put, "/images/\(name)", image)
    #expect(outcome.status == 201)
    return name
  }

  private func field(
    _ exchange: StubService, _ image: [UInt8], _ query: String = ""
  ) async throws -> String {
    let outcome = try await exchange.send(.post, "/fields?stride=7&\(query)", image)
    return String(try #require(outcome.fields[.location]).dropFirst(8))
  }

  private func document(
    _ examples: [(field: String, labels: String)], _ more: String = ""
  ) -> [UInt8] {
    let list = examples.map { #"{"field": "\#($0.field)", "labels": "\#($0.labels)"}"# }
    return Array(#"{"examples": [\#(list.joined(separator: ","))]\#(more)}"#.utf8)
  }

  private static let dark = ##"{"id": 1, "name": "dark", "color": "#102030"}"##
  private static let bright = ##"{"id": 2, "name": "bright", "color": "#f0f0f0"}"##
  private static let rare = ##"{"id": 9, "name": "rare", "color": "#ff0000"}"##
  private static let none = ##"{"id": 0, "name": "none", "color": "#000000"}"##

  private struct Trained: Decodable {
    let id: String
    let labelled: [String: Int]
    let hasConverged: Bool
  }

  @Test func `Classifiers: several fields train one, in any order, and it goes to other servers`()
    async throws
  {
    let exchange = StubService()
    let first = try await field(exchange, Self.picture(isUpright: true, seed: 1))
    let second = try await field(exchange, Self.picture(isUpright: false, seed: 2))
    let some = try await keep(exchange, Self.labels(1, 2))
    let others = try await keep(exchange, Self.labels(2, 1))
    let classes = ##", "classes": [\##(Self.dark), \##(Self.bright), \##(Self.rare)]"##
    let outcome = try await exchange.send(
      .post, "/classifiers", document([(first, some), (second, others)], classes))
    #expect(outcome.status == 201)
    let trained = try JSONDecoder().decode(Trained.self, from: Data(outcome.body))
    #expect(trained.labelled == ["1": 60, "2": 60] && trained.hasConverged)
    #expect(outcome.fields[.location] == "/classifiers/\(trained.id)")
    let again = try await exchange.send(
      .post, "/classifiers", document([(second, others), (first, some)], classes))
    #expect(try JSONDecoder().decode(Trained.self, from: Data(again.body)).id == trained.id)

    let file = try await exchange.send(.get, "/classifiers/\(trained.id)")
    #expect(file.status == 200 && file.fields[.contentType] == "application/x-safetensors")
    let other = StubService()
    let query = "segmentation?classifier=\(trained.id)&format=raw"
    let third = try await field(other, Self.picture(isUpright: true, seed: 3))
    let missing = try await other.send(.get, "/fields/\(third)/\(query)")
    #expect(try ProblemDocument(missing, "not sent").kind == "no-such-classifier")
    #expect(try await other.send(.put, "/classifiers/\(trained.id)", file.body).status == 201)
    #expect(try await other.send(.put, "/classifiers/\(trained.id)", file.body).status == 200)
    let ids = try await other.send(.get, "/fields/\(third)/\(query)")
    #expect(ids.status == 200 && ids.body.count == Self.size.width * Self.size.height)
    #expect(ids.body[20] == 1 && ids.body[40 * Self.size.width + 20] == 2)

    #expect(try await other.send(.delete, "/classifiers/\(trained.id)").status == 204)
    #expect(try await other.send(.delete, "/classifiers/\(trained.id)").status == 404)
  }

  @Test func `Classifiers: a segmentation says which classifier it kept`() async throws {
    let exchange = StubService()
    let field = try await field(exchange, Self.picture(isUpright: true, seed: 1))
    let made = try await exchange.send(
      .post, "/fields/\(field)/segmentation", Self.labels(1, 2))
    #expect(made.status == 200 && made.fields[.contentType] == "image/png")
    #expect(made.fields[.cacheControl] == "no-store")
    let name = try #require(HTTPField.Name("Eyepiece-Classifier"))
    let id = try #require(made.fields[name])
    let got = try await exchange.send(.get, "/fields/\(field)/segmentation?classifier=\(id)")
    #expect(got.status == 200 && got.body == made.body)
    #expect(got.fields[.cacheControl] == "private, max-age=31536000, immutable")
    let other = try await self.field(
      exchange, Self.picture(isUpright: true, seed: 1), "flips=none")
    let refused = try await exchange.send(.get, "/fields/\(other)/segmentation?classifier=\(id)")
    let problem = try ProblemDocument(refused, "another field")
    #expect(refused.status == 409 && problem.kind == "other-field")
    #expect(problem.detail.contains("flips=both, here none"))
  }

  private struct Choice: Decodable {
    struct Trial: Decodable {
      let features: String
      let layers: [Int]
      let c: Double
      let estimate: Double?
    }

    let heldOut: String
    let chosen: Trial
    let tried: [Trial]
    let shares: [String: Double]?
  }

  private struct TrainedByChoice: Decodable {
    let id: String
    let choice: Choice?
    let heldOutAccuracy: [String: Double]?
  }

  @Test func `Classifiers: auto tells what it chose, and from what`() async throws {
    let exchange = StubService()
    let field = try await field(
      exchange, Self.picture(isUpright: true, seed: 1), "layer=0,last")
    var ids = [UInt8](repeating: 0, count: Self.size.width * Self.size.height)
    for x in [4, 14, 24, 34, 44] {
      for step in 0..<8 {
        ids[5 * Self.size.width + x + step] = 1
        ids[36 * Self.size.width + x + step] = 2
      }
    }
    let strokes = try encodePNG(Raster(size: Self.size, channels: 1, samples: .uint8(ids)))
    let labels = try await keep(exchange, strokes)
    let trained = try await exchange.send(
      .post, "/classifiers", document([(field, labels)], #", "features": "auto""#))
    #expect(trained.status == 201)
    let told = try JSONDecoder().decode(TrainedByChoice.self, from: Data(trained.body))
    let choice = try #require(told.choice)
    #expect(choice.heldOut == "strokes" && choice.chosen.estimate == 1)
    #expect(Set(choice.tried.map(\.features)) == ["deep", "classical", "hybrid"])
    #expect(
      choice.tried.contains { $0.layers == [0] } && choice.tried.contains { $0.layers == [0, 2] })
    let made = try await exchange.send(
      .post, "/fields/\(field)/segmentation?features=auto", strokes)
    let name = try #require(HTTPField.Name("Eyepiece-Notice"))
    let notice = try #require(made.fields[name])
    #expect(notice.contains("features=auto took \(choice.chosen.features)"))
    #expect(notice.contains("strokes held out 1.000"))
    let shares = try #require(choice.shares)
    #expect(shares.keys.sorted() == ["1", "2"] && abs(shares.values.reduce(0, +) - 1) < 1e-9)
    #expect(told.heldOutAccuracy == nil)
    let refitted = try await exchange.send(
      .post, "/classifiers", document([(field, labels)], #", "features": "auto", "refits": 3"#))
    let more = try JSONDecoder().decode(TrainedByChoice.self, from: Data(refitted.body))
    #expect(more.heldOutAccuracy == ["1": 1, "2": 1] && more.id != told.id)
    let given = try await exchange.send(.post, "/classifiers", document([(field, labels)]))
    #expect(try JSONDecoder().decode(TrainedByChoice.self, from: Data(given.body)).choice == nil)
    // Its fields may have more layers than it sees, but not others.
    let other = try Self.picture(isUpright: true, seed: 2)
    let wide = try await exchange.send(.post, "/fields?for=\(told.id)&layer=0,2", other)
    #expect(wide.status == 201)
    let less = try await exchange.send(.post, "/fields?for=\(told.id)&layer=1", other)
    #expect(try ProblemDocument(less, "another layer").kind == "conflicting-parameters")
  }

  @Test(arguments: ["hybrid", "deep"])
  func `Classifiers: the last layer of several trains the classifier of a field of that one`(
    features: String
  ) async throws {
    let exchange = StubService()
    let picture = try Self.picture(isUpright: true, seed: 1)
    let wide = try await field(exchange, picture, "layer=0,last")
    let narrow = try await field(exchange, picture, "layer=last")
    let strokes = try Self.labels(1, 2)
    let labels = try await keep(exchange, strokes)
    let name = try #require(HTTPField.Name("Eyepiece-Classifier"))
    let query = "segmentation?kind=lda&features=\(features)&format=raw"
    let alone = try await exchange.send(.post, "/fields/\(narrow)/\(query)", strokes)
    let part = try await exchange.send(.post, "/fields/\(wide)/\(query)&layer=last", strokes)
    #expect(part.status == 200 && part.body == alone.body)
    let id = try #require(part.fields[name])
    // Of both kinds of field, with the bytes that it was trained with.
    for field in [wide, narrow] {
      let got = try await exchange.send(
        .get, "/fields/\(field)/segmentation?classifier=\(id)&format=raw")
      #expect(got.status == 200 && got.body == alone.body)
    }
    let more = #", "kind": "lda", "features": "\#(features)""#
    var ids: Set<String> = []
    for (field, layer) in [(narrow, ""), (wide, #", "layer": "last""#), (wide, #", "layer": 2"#)] {
      let trained = try await exchange.send(
        .post, "/classifiers", document([(field, labels)], more + layer))
      #expect(trained.status == 201, "\(layer)")
      ids.insert(try JSONDecoder().decode(Trained.self, from: Data(trained.body)).id)
    }
    #expect(ids.count == 1)
    let all = try await exchange.send(.post, "/classifiers", document([(wide, labels)], more))
    #expect(!ids.contains(try JSONDecoder().decode(Trained.self, from: Data(all.body)).id))
  }

  @Test(arguments: ["none", "majority:2", "guided:2,0.01"])
  func `Segmentation: a step takes labels from those of all pixels`(clean: String) async throws {
    let exchange = StubService()
    let field = try await field(exchange, try Self.picture(isUpright: true, seed: 1), "")
    let strokes = try Self.labels(1, 2)
    let path = "/fields/\(field)/segmentation?clean=\(clean)&format="
    let shape = try #require(HTTPField.Name("Eyepiece-Shape"))
    let all = try await exchange.send(.post, path + "raw", strokes)
    let sides = try #require(all.fields[shape]).split(separator: ",").compactMap {
      Int($0.filter(\.isNumber))
    }
    let (height, width) = (sides[0], sides[1])
    let some = try await exchange.send(.post, path + "raw&step=3", strokes)
    let expected = stride(from: 0, to: height, by: 3).flatMap { row in
      stride(from: 0, to: width, by: 3).map { all.body[row * width + $0] }
    }
    #expect(all.body.count == height * width && Set(all.body).count == 2)
    #expect(some.status == 200 && some.body == expected)
    let once = try await exchange.send(.post, path + "raw&step=1", strokes)
    #expect(once.body == all.body && once.fields[.eTag] == all.fields[.eTag])
    #expect(some.fields[.eTag] != all.fields[.eTag])
    let wrong = [
      "tiff&step=2", "geojson&step=2", "raw&step=0", "raw&step=17", "png&output=overlay&step=2",
    ]
    for query in wrong {
      let refused = try await exchange.send(.post, path + query, strokes)
      #expect(refused.status == 400, "\(query)")
    }
  }

  static let malformed: [(String, Int, String)] = [
    ("", 422, "malformed-training"), ("[]", 422, "malformed-training"),
    ("{}", 422, "malformed-training"), (#"{"examples": []}"#, 422, "malformed-training"),
    (#"{"examples": [{"field": "x", "labels": "y"}]}"#, 422, "malformed-training"),
    (
      #"{"examples": [{"field": "\#(BadInput.zeros)", "labels": "y"}]}"#, 422, "malformed-training"
    ),
    (
      #"{"examples": [{"field": "\#(BadInput.zeros)", "labels": "sha256-\#(BadInput.zeros)"}]}"#,
      404,
      "no-such-field"
    ),
    (#"{"examples": [{"field": 1, "labels": 2}]}"#, 422, "malformed-training"),
  ]

  @Test(arguments: malformed)
  func `Classifiers: a malformed request to train is refused`(
    json: String, status: Int, kind: String
  ) async throws {
    let outcome = try await StubService().send(.post, "/classifiers", Array(json.utf8))
    #expect(outcome.status == status)
    #expect(try ProblemDocument(outcome, json).kind == kind)
  }

  @Test func `Classifiers: what cannot be trained is refused with its reason`() async throws {
    let exchange = StubService()
    let field = try await field(exchange, Self.picture(isUpright: true, seed: 1))
    let other = try await self.field(
      exchange, Self.picture(isUpright: true, seed: 4), "flips=none")
    let labels = try await keep(exchange, Self.labels(1, 2))
    let one = try await keep(exchange, Self.labels(1, 1))
    let picture = try await keep(exchange, Raster.noise(5, 5).png())
    let bad: [([(field: String, labels: String)], String, Int, String)] = [
      ([(field, one)], "", 422, "too-few-classes"), ([(field, picture)], "", 422, "wrong-shape"),
      ([(field, labels), (field, labels)], "", 422, "malformed-training"),
      ([(field, labels), (other, labels)], "", 409, "other-field"),
      ([(field, labels)], #", "c": 0"#, 400, "invalid-parameter"),
      ([(field, labels)], #", "c": 1, "kind": "lda""#, 400, "conflicting-parameters"),
      ([(field, labels)], #", "c": 1, "features": "auto""#, 400, "conflicting-parameters"),
      ([(field, labels)], #", "kind": "lda", "features": "auto""#, 400, "conflicting-parameters"),
      ([(field, labels)], #", "kind": "svm""#, 422, "malformed-training"),
      ([(field, labels)], #", "layer": "99""#, 400, "invalid-parameter"),
      ([(field, labels)], #", "layer": [1]"#, 422, "malformed-training"),
      (
        [(field, labels)], #", "layer": 1, "features": "classical""#, 400,
        "conflicting-parameters"
      ),
      ([(field, labels)], #", "refits": 1"#, 422, "malformed-training"),
      ([(field, labels)], #", "refits": 33"#, 422, "malformed-training"),
      ([(field, labels)], #", "classes": [\#(Self.dark)]"#, 422, "unknown-labels"),
      ([(field, labels)], #", "classes": [\#(Self.none)]"#, 422, "bad-classes"),
    ]
    for (examples, more, status, kind) in bad {
      let outcome = try await exchange.send(.post, "/classifiers", document(examples, more))
      #expect(outcome.status == status, "\(kind)")
      #expect(try ProblemDocument(outcome, kind).kind == kind)
    }
  }

  @Test func `Classifiers: a file that is none, or another one, is refused`() async throws {
    let exchange = StubService()
    let none = try await exchange.send(.put, "/classifiers/\(BadInput.zeros)", [1, 2, 3])
    #expect(try ProblemDocument(none, "no file").kind == "malformed-classifier")
    let field = try await field(exchange, Self.picture(isUpright: true, seed: 1))
    let labels = try await keep(exchange, Self.labels(1, 2))
    let outcome = try await exchange.send(.post, "/classifiers", document([(field, labels)]))
    let location = try #require(outcome.fields[.location])
    let file = try await exchange.send(.get, location).body
    let other = try await exchange.send(.put, "/classifiers/\(BadInput.zeros)", file)
    #expect(try ProblemDocument(other, "another id").kind == "another-digest")
    for place in stride(from: 0, to: file.count, by: max(1, file.count / 40)) {
      var damaged = file
      damaged[place] ^= 0x55
      let refused = try await exchange.send(.put, location, damaged)
      #expect(refused.status == 422, "byte \(place)")
    }
  }
}
