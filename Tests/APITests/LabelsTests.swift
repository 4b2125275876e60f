import API
import Cache
import Files
import Foundation
import HTTPTypes
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Labels of fields", .timeLimit(.minutes(2))) struct LabelsTests {
  private static let size = Size(width: 56, height: 42)

  /// Dark above and bright below, with noise.
  private static func picture() throws -> [UInt8] {
    let noise = Raster.noise(size.width, size.height, seed: 3)
    let samples = (0..<size.width * size.height).map { place -> UInt8 in
      let level = noise.level(0, x: place % size.width, y: place / size.width) ?? 0
      return UInt8(level) / 8 + (place / size.width < size.height / 2 ? 30 : 190)
    }
    return try encodePNG(Raster(size: size, channels: 1, samples: .uint8(samples)))
  }

  /// A stroke above and one below.
  private static let ids: [UInt8] = {
    var ids = [UInt8](repeating: 0, count: size.width * size.height)
    for x in 10..<40 {
      ids[5 * size.width + x] = 1
      ids[36 * size.width + x] = 2
    }
    return ids
  }()

  private static func png(_ ids: [UInt8]) throws -> [UInt8] {
    try encodePNG(Raster(size: size, channels: 1, samples: .uint8(ids)))
  }

  /// Bytes in zlib's frame, not compressed.
  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    let (a, b) = bytes.reduce((UInt32(1), UInt32(0))) { sums, byte in
      let a = (sums.0 + UInt32(byte)) % 65521
      return (a, (sums.1 + a) % 65521)
    }
    let length = UInt16(bytes.count)
    let check = (b << 16 | a).byteSwapped
    return [0x78, 0x01, 1] + littleEndian(length) + littleEndian(~length) + bytes
      + littleEndian(check)
  }

  private static let deflate: HTTPFields = [.contentEncoding: "deflate"]

  private struct Labels: Decodable {
    let labels: String
    let counts: [String: Int]
  }

  private func field(_ exchange: StubService) async throws -> String {
    try await exchange.field(Self.picture(), "stride=7")
  }

  @Test func `Labels: they are kept, changed by rectangles, and removed`() async throws {
    let exchange = StubService()
    let path = "/fields/\(try await field(exchange))/labels"
    let absent = try await exchange.send(.get, path)
    #expect(absent.status == 404)
    #expect(try ProblemDocument(absent, "absent").kind == "no-labels-kept")

    let put = try await exchange.send(.put, path, Self.png(Self.ids))
    let first = try #require(put.fields[.eTag])
    let told = try JSONDecoder().decode(Labels.self, from: Data(put.body))
    #expect(put.status == 201 && told.counts == ["1": 30, "2": 30])
    #expect("\"\(told.labels.dropFirst(7))\"" == first)
    // The same labels have the same tag, however they are sent and read.
    for (body, query, fields) in [
      (Self.deflated(Self.ids), "", Self.deflate), (Self.ids, "?format=raw", [:]),
      (npy("|u1", [42, 56], Self.ids), "", [:]),
    ] as [([UInt8], String, HTTPFields)] {
      let again = try await exchange.send(.put, path + query, body, fields: fields)
      #expect(again.status == 200 && again.fields[.eTag] == first, "\(query) \(fields)")
    }
    let raw = try await exchange.send(.get, "\(path)?format=raw")
    #expect(raw.body == Self.ids && raw.fields[.eTag] == first)
    let array = try await exchange.send(.get, "\(path)?format=npy")
    #expect(Array(array.body.suffix(Self.ids.count)) == Self.ids)
    let picture = try await exchange.send(.get, path)
    #expect(picture.fields[.contentType] == "image/png")
    #expect(try decode(picture.body, limits: DecodingLimits()).samples == .uint8(Self.ids))
    let known = try await exchange.send(.get, path, fields: [.ifNoneMatch: first])
    #expect(known.status == 304)

    // A rectangle of 3 × 2 at (50, 40), at the corner.
    let rectangle = "\(path)?x=53&y=40&w=3&h=2"
    let stroke: [UInt8] = [7, 7, 7, 0, 7, 255]
    let careless = try await exchange.send(.patch, rectangle, stroke)
    #expect(careless.status == 428)
    #expect(try ProblemDocument(careless, "careless").kind == "precondition-required")
    let patched = try await exchange.send(
      .patch, rectangle, Self.deflated(stroke),
      fields: [.ifMatch: first, .contentEncoding: "deflate"])
    let second = try #require(patched.fields[.eTag])
    #expect(patched.status == 200 && second != first)
    var expected = Self.ids
    expected.replaceSubrange(40 * 56 + 53..<40 * 56 + 56, with: stroke[..<3])
    expected.replaceSubrange(41 * 56 + 53..<41 * 56 + 56, with: stroke[3...])
    #expect(try await exchange.send(.get, "\(path)?format=raw").body == expected)
    let stale = try await exchange.send(.patch, rectangle, stroke, fields: [.ifMatch: first])
    #expect(stale.status == 412)
    // The same bytes once more are the same labels.
    let same = try await exchange.send(.patch, rectangle, stroke, fields: [.ifMatch: second])
    #expect(same.fields[.eTag] == second)
    for (method, fields) in [
      (.put, [.ifMatch: first]), (.put, [.ifNoneMatch: "*"]),
      (.delete, [.ifMatch: first]),
    ] as [(HTTPRequest.Method, HTTPFields)] {
      let body = method == .put ? try Self.png(Self.ids) : []
      let refused = try await exchange.send(method, path, body, fields: fields)
      #expect(refused.status == 412, "\(method) \(fields)")
    }
    #expect(try await exchange.send(.delete, path, fields: [.ifMatch: second]).status == 204)
    #expect(try await exchange.send(.get, path).status == 404)
    #expect(try await exchange.send(.delete, path).status == 404)
    let late = try await exchange.send(.patch, rectangle, stroke, fields: [.ifMatch: second])
    #expect(late.status == 412)
    let any = try await exchange.send(.patch, rectangle, stroke, fields: [.ifMatch: "*"])
    #expect(any.status == 404)
  }

  @Test func `Labels: a segmentation and a training take those that are kept`() async throws {
    let exchange = StubService()
    let id = try await field(exchange)
    let none = try await exchange.send(.post, "/fields/\(id)/segmentation")
    #expect(none.status == 400)
    #expect(try ProblemDocument(none, "none").kind == "no-labels")
    let put = try await exchange.send(
      .put, "/fields/\(id)/labels", Self.deflated(Self.ids), fields: Self.deflate)
    let name = try JSONDecoder().decode(Labels.self, from: Data(put.body)).labels
    let segmented = try await exchange.send(.post, "/fields/\(id)/segmentation?format=raw")
    #expect(segmented.status == 200 && segmented["Eyepiece-Labels"] == name)
    let posted = try await exchange.send(
      .post, "/fields/\(id)/segmentation?format=raw", Self.png(Self.ids))
    #expect(posted.body == segmented.body && posted["Eyepiece-Labels"] == nil)
    let trained = try await exchange.send(
      .post, "/classifiers",
      Array(#"{"examples": [{"field": "\#(id)", "labels": "\#(name)"}]}"#.utf8))
    #expect(trained.status == 201)
    #expect(trained["Eyepiece-Classifier"] == segmented["Eyepiece-Classifier"])
    // Another version has another name.
    let changed = try await exchange.send(
      .patch, "/fields/\(id)/labels?x=0&y=0&w=1&h=1", [1],
      fields: [.ifMatch: try #require(put.fields[.eTag])])
    #expect(changed.status == 200)
    let stale = try await exchange.send(
      .post, "/classifiers",
      Array(#"{"examples": [{"field": "\#(id)", "labels": "\#(name)"}]}"#.utf8))
    #expect(stale.status == 404)
  }

  /// Two rectangles of named classes, in the order of their first pixels.
  private static let shapes = Array(
    (##"{"type":"FeatureCollection","features":["## + square(2, "pore", "[1,2,3]", 7) + ","
      + square(30, "matrix", "[4,5,6]", 3) + "]}\n").utf8)

  private static func square(_ y: Int, _ name: String, _ color: String, _ id: Int) -> String {
    let ring = "[[[40,\(y)],[40,\(y + 3)],[10,\(y + 3)],[10,\(y)],[40,\(y)]]]"
    return ##"{"type":"Feature","geometry":{"type":"Polygon","coordinates":\##(ring)},"##
      + ##""properties":{"objectType":"annotation","classification":{"name":"\##(name)","##
      + ##""color":\##(color)},"isLocked":false,"id":\##(id)}}"##
  }

  private struct Named: Decodable {
    struct Class: Decodable, Equatable {
      let id: Int
      let name: String
      let color: String
    }
    let labels: String
    let classes: [Class]?
  }

  @Test func `Labels: GeoJSON goes out as it came in, and its names are the classifier's`()
    async throws
  {
    let folder = TemporaryFolder()
    var path = ""
    let classes = [
      Named.Class(id: 3, name: "matrix", color: "#040506"),
      Named.Class(id: 7, name: "pore", color: "#010203"),
    ]
    for round in 0..<2 {
      let disk = try await folder.store(budget: 1 << 26)
      let exchange = StubService(StubFeaturizer(disk: disk))
      if round == 0 {
        path = "/fields/\(try await field(exchange))"
        let put = try await exchange.send(.put, "\(path)/labels", Self.shapes)
        let told = try JSONDecoder().decode(Named.self, from: Data(put.body))
        #expect(put.status == 201 && told.classes == classes)
      }
      let got = try await exchange.send(.get, "\(path)/labels?format=geojson")
      #expect(got.fields[.contentType] == "application/geo+json" && got.body == Self.shapes)
      let ids = try await exchange.send(.get, "\(path)/labels?format=raw")
      #expect(ids.body.count { $0 == 3 } == 90 && ids.body[2 * 56 + 10] == 7)
      for body in [Self.shapes, []] {
        let segmented = try await exchange.send(
          .post, "\(path)/segmentation?format=geojson&features=classical", body)
        let text = String(decoding: segmented.body, as: UTF8.self)
        #expect(segmented.status == 200)
        #expect(text.contains(#""pore","color":[1,2,3]"#) && text.contains(#""matrix""#))
      }
      let measured = try await exchange.send(
        .post, "\(path)/measurements?of=fractions", Self.shapes)
      #expect(measured.status == 200)
      #expect(String(decoding: measured.body, as: UTF8.self).contains("pore"))
    }
  }

  @Test func `Labels: names that two fields give different ids are refused`() async throws {
    let exchange = StubService()
    var examples: [String] = []
    for (ring, id) in [("stride=7", 7), ("stride=7&flips=none", 8)] {
      let field = try await exchange.field(Self.picture(), ring)
      let text = String(decoding: Self.shapes, as: UTF8.self)
        .replacingOccurrences(of: "\"id\":7", with: "\"id\":\(id)")
      let put = try await exchange.send(.put, "/fields/\(field)/labels", Array(text.utf8))
      let name = try JSONDecoder().decode(Named.self, from: Data(put.body)).labels
      examples.append(##"{"field": "\##(field)", "labels": "\##(name)"}"##)
    }
    let training =
      ##"{"features": "classical", "examples": [\##(examples.joined(separator: ","))]"##
    let refused = try await exchange.send(.post, "/classifiers", Array("\(training)}".utf8))
    let problem = try ProblemDocument(refused, "two ids of one name")
    #expect(problem.kind == "bad-classes" && problem.detail.contains("7 and 8"))
    let named = (3...8).map { ##"{"id": \##($0), "name": "c\##($0)", "color": "#000000"}"## }
    let told = try await exchange.send(
      .post, "/classifiers",
      Array("\(training), \"classes\": [\(named.joined(separator: ","))]}".utf8))
    #expect(told.status == 201)
  }

  @Test func `Labels: suggestions keep away from them`() async throws {
    let exchange = StubService()
    let id = try await field(exchange)
    let segmented = try await exchange.send(
      .post, "/fields/\(id)/segmentation?format=raw&features=classical", Self.png(Self.ids))
    let classifier = try #require(segmented["Eyepiece-Classifier"])
    struct Suggestions: Decodable {
      struct Box: Decodable {
        let x: Int
        let y: Int
        let width: Int
        let height: Int
        let novelty: Double
      }
      let boxes: [Box]
    }
    let path = "/fields/\(id)/suggestions?classifier=\(classifier)"
    let free = try await exchange.send(.get, path)
    let boxes = try JSONDecoder().decode(Suggestions.self, from: Data(free.body)).boxes
    #expect(free.status == 200 && free["Eyepiece-Shape"] == "1" && boxes.count == 1)
    #expect(boxes[0].width == 56 && boxes[0].height == 42 && boxes[0].novelty == 0)
    #expect(free["Eyepiece-Labels"] == nil && free.fields[.eTag] != nil)
    let put = try await exchange.send(.put, "/fields/\(id)/labels", Self.png(Self.ids))
    #expect(put.status == 201)
    // Strokes are near everywhere in so small an image.
    let taken = try await exchange.send(.get, path)
    #expect(try JSONDecoder().decode(Suggestions.self, from: Data(taken.body)).boxes.isEmpty)
    #expect(taken["Eyepiece-Labels"] != nil && taken.fields[.cacheControl] == "no-store")
    let needed = try await exchange.send(.get, "/fields/\(id)/suggestions")
    #expect(try ProblemDocument(needed, "needed").kind == "needed-parameter")
  }

  @Test func `Labels: suggestions are made for a classifier of some of the field's layers`()
    async throws
  {
    let exchange = StubService()
    let picture = try Raster.noise(84, 56, seed: 2).png()
    let one = try await exchange.field(picture, "layer=1")
    var ids = [UInt8](repeating: 0, count: 84 * 56)
    for x in 0..<20 { (ids[84 + x], ids[50 * 84 + 60 + x]) = (1, 2) }
    let labels = try encodePNG(
      Raster(size: Size(width: 84, height: 56), channels: 1, samples: .uint8(ids)))
    let trained = try await exchange.send(
      .post, "/fields/\(one)/segmentation?format=raw&features=deep", labels)
    let classifier = try #require(trained["Eyepiece-Classifier"])
    let two = try await exchange.field(picture, "layer=1,last")
    let answer = try await exchange.send(
      .get, "/fields/\(two)/suggestions?classifier=\(classifier)")
    #expect(answer.status == 200)
  }

  @Test func `Labels: they outlive the server where there is a store`() async throws {
    let folder = TemporaryFolder()
    var tag: String?
    var path = ""
    for round in 0..<2 {
      let disk = try await folder.store(budget: 1 << 26)
      let exchange = StubService(StubFeaturizer(disk: disk))
      if round == 0 {
        path = "/fields/\(try await field(exchange))/labels"
        tag = try await exchange.send(.put, path, Self.png(Self.ids)).fields[.eTag]
      }
      let found = try await exchange.send(.get, "\(path)?format=raw")
      #expect(found.body == Self.ids && found.fields[.eTag] == tag && tag != nil)
    }
  }

  @Test func `Labels: a server without room says so, and keeps what it has`() async throws {
    // The part of labels is too small for these.
    let exchange = StubService(StubFeaturizer(memory: 32 * 8000))
    let id = try await exchange.field(Raster.noise(100, 100).png(), "stride=14&flips=none")
    let path = "/fields/\(id)/labels"
    let refused = try await exchange.send(
      .put, "\(path)?format=raw", Array(repeating: 1, count: 10_000))
    #expect(refused.status == 507)
    #expect(try await exchange.send(.get, path).status == 404)
  }

  /// A hundred thousand zeros in zlib's frame, of 120 bytes.
  private static let bomb: [UInt8] =
    [
      0x78, 0xda, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d,
      0x0f,
    ]
    + [0xa0] + Array(repeating: 0, count: 96) + [0x80, 0x57, 0x03, 0x86, 0xaf, 0x00, 0x01]

  @Test func `Labels: bad bodies and options are refused, and change nothing`() async throws {
    let exchange = StubService()
    let id = try await field(exchange)
    let path = "/fields/\(id)/labels"
    let put = try await exchange.send(.put, path, Self.png(Self.ids))
    let tag = try #require(put.fields[.eTag])
    let unknown: HTTPFields = [.contentEncoding: "gzip"]
    let small = try Raster.noise(5, 3, seed: 1).png()
    let files: [(String, [UInt8], HTTPFields, Int, String)] = [
      ("", [], [:], 422, "unrecognised-image"), ("", [1, 2, 3], [:], 422, "unrecognised-image"),
      ("", small, [:], 422, "wrong-shape"),
      ("", try Self.picture().dropLast(30), [:], 422, "truncated-image"),
      ("", Self.ids, Self.deflate, 422, "malformed-deflation"),
      ("", Self.bomb, Self.deflate, 422, "malformed-deflation"),
      ("", [], Self.deflate, 422, "malformed-deflation"),
      ("", Self.deflated(Self.ids.dropLast()), Self.deflate, 422, "malformed-deflation"),
      ("", Self.ids, unknown, 415, "content-coding"),
      ("?format=raw", Self.ids.dropLast(), [:], 422, "byte-count"),
      ("?format=npy", Self.ids, [:], 400, "invalid-parameter"),
      ("?x=1", Self.ids, [:], 400, "invalid-parameter"),
      ("", Array("{}".utf8), [:], 422, "malformed-geojson"),
      ("", Array("[1, 2".utf8), [:], 422, "malformed-geojson"),
      ("", Self.shapes.dropLast(30), [:], 422, "malformed-geojson"),
      ("", Array(Self.square(100, "a", "[1,2,3]", 1).utf8), [:], 422, "malformed-geojson"),
    ].map { ($0.0, Array($0.1), $0.2, $0.3, $0.4) }
    for (query, body, fields, status, kind) in files {
      let refused = try await exchange.send(.put, path + query, body, fields: fields)
      #expect(refused.status == status, "\(query) \(kind)")
      #expect(try ProblemDocument(refused, kind).kind == kind)
    }
    let rectangles: [(String, [UInt8], Int, String)] = [
      ("?x=0&y=0&w=2&h=2", [1, 2, 3], 422, "byte-count"),
      ("?x=55&y=0&w=2&h=1", [1, 2], 422, "outside"), ("?x=0&y=42&w=1&h=1", [1], 422, "outside"),
      ("?x=999999999&y=0&w=999999999&h=1", [1], 422, "outside"),
      ("?x=0&y=0&w=0&h=1", [], 400, "invalid-parameter"),
      ("?x=-1&y=0&w=1&h=1", [1], 400, "invalid-parameter"),
      ("?x=0&y=0&w=1", [1], 400, "invalid-parameter"), ("", [1], 400, "invalid-parameter"),
      ("?x=0,0&y=0&w=1", [1], 400, "invalid-parameter"),
      ("?x=0&x=0&y=0&w=1&h=1", [1], 400, "invalid-parameter"),
      ("?x=99999999999999999999&y=0&w=1&h=1", [1], 400, "invalid-parameter"),
    ]
    for (query, body, status, kind) in rectangles {
      let refused = try await exchange.send(.patch, path + query, body, fields: [.ifMatch: tag])
      #expect(refused.status == status, "\(query)")
      #expect(try ProblemDocument(refused, kind).kind == kind)
    }
    #expect(try await exchange.send(.get, "\(path)?format=tiff").status == 400)
    #expect(try await exchange.send(.get, "\(path)?format=raw").body == Self.ids)
    let zeros = "/fields/\(BadInput.zeros)/labels"
    for (method, body) in [(HTTPRequest.Method.get, []), (.put, try Self.png(Self.ids))] {
      let absent = try await exchange.send(method, zeros, body)
      #expect(try ProblemDocument(absent, "\(method)").kind == "no-such-field")
    }
  }
}
