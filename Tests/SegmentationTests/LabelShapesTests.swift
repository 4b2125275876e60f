import Foundation
import Imaging
import Segmentation
import Support
import Testing

@Suite("Labels as shapes") struct LabelShapesTests {
  private static let size = Size(width: 26, height: 20)

  private func shapes(_ text: String, classes: [LabelClass]? = nil) throws -> LabelShapes {
    try LabelShapes(Array(text.utf8), classes: classes)
  }

  private func collection(_ features: String..., classes: String = "") -> String {
    #"{"type":"FeatureCollection","features":[\#(features.joined(separator: ","))]\#(classes)}"#
  }

  private func feature(_ type: String, _ coordinates: String, _ name: String = "a") -> String {
    #"{"type":"Feature","geometry":{"type":"\#(type)","coordinates":\#(coordinates)},"#
      + #""properties":{"objectType":"annotation","classification":{"name":"\#(name)"}}}"#
  }

  private static let square = "[[[1,1],[3,1],[3,3],[1,3],[1,1]]]"

  private func written(_ labels: LabelImage, _ classes: [LabelClass]) -> [UInt8] {
    let ids = Set(classes.map(\.id))
    let parts = Components(of: labels, ids: ids, .four)
    let objects = parts.objects(of: Components(of: labels, ids: ids))
    return GeoJSON(LabelOutlines(of: parts), objects: objects, classes).bytes
  }

  @Test(arguments: 0..<50)
  func `LabelShapes: what is written as GeoJSON comes back, pixel for pixel and byte for byte`(
    index: Int
  ) throws {
    let all = try Fixture("Objects/objects.safetensors").integers("labels")
    let labels = LabelImage(
      size: Self.size, ids: all[index * 520..<(index + 1) * 520].map { UInt8($0) })
    let ids = Set(labels.ids).subtracting([0]).sorted()
    let classes = ids.map { LabelClass($0, named: $0 == 2 ? #"γ′ "2""# : "phase \(9 - $0)") }
    let text = written(labels, classes)
    let shapes = try LabelShapes(text)
    let found = try shapes.labels(of: Self.size, page: 0)
    #expect(found == labels && shapes.classes == classes)
    #expect(written(found, shapes.classes) == text)
  }

  @Test func `LabelShapes: QuPath's shapes, names, colours and planes are understood`() throws {
    let text = #"""
      {"type":"FeatureCollection","features":[
       {"type":"Feature","id":"0c4b2a5e-2a5b-4a0c-9d62-7c0e7a0b1c11",
        "geometry":{"type":"Polygon","coordinates":[[[2,2],[8,2],[8,8],[2,8],[2,2]],
         [[4,4],[6,4],[6,6],[4,6],[4,4]]]},
        "properties":{"objectType":"annotation","classification":{"name":"pore","color":[1,2,3]},
         "isLocked":true,"measurements":{"Area":NaN}}},
       {"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[
         [[[10,2],[12,2],[12,4],[10,4],[10,2]]],[[[14,2],[16,2],[16,4],[14,4],[14,2]]]]},
        "properties":{"classification":{"name":"matrix","colorRGB":-65536}}},
       {"type":"Feature","geometry":{"type":"LineString","coordinates":[[3.2,12.7],[9.9,12.1]]},
        "properties":{"classification":"pore"}},
       {"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[20.5,10.5],[21.9,11.0]]},
        "properties":{"classification":{"names":["matrix","old"]}}},
       {"type":"Feature","geometry":{"type":"Point","coordinates":[0,0],"plane":{"c":-1,"z":1,"t":0}},
        "properties":{"classification":{"name":"pore"}}}]}
      """#
    let shapes = try shapes(text)
    let red = LabelClass.Color(red: 255, green: 0, blue: 0)
    #expect(shapes.classes.map(\.name) == ["matrix", "matrix: old", "pore"])
    #expect(shapes.classes.map(\.id) == [1, 2, 3])
    #expect(shapes.classes[0].color == red)
    #expect(shapes.classes[2].color == LabelClass.Color(red: 1, green: 2, blue: 3))
    let labels = try shapes.labels(of: Self.size, page: 0)
    func at(_ x: Int, _ y: Int) -> UInt8 { labels.ids[y * 26 + x] }
    #expect(labels.counts[3] == 32 + 7 && at(2, 2) == 3 && at(4, 4) == 0 && at(3, 12) == 3)
    #expect(labels.counts[1] == 8 && at(11, 3) == 1 && at(13, 3) == 0)
    #expect(labels.counts[2] == 2 && at(20, 10) == 2 && at(21, 11) == 2 && at(0, 0) == 0)
    let other = try shapes.labels(of: Self.size, page: 1)
    #expect(other.ids[0] == 3, "a shape of the second page")
    #expect(other.counts[3] == 1, "those of the first are not there")
  }

  @Test func `LabelShapes: a list of features and a single one are taken as a collection`() throws {
    let one = feature("Polygon", Self.square)
    let wanted = try shapes(collection(one)).labels(of: Self.size, page: 0)
    #expect(wanted.counts[1] == 4)
    for text in [one, "[\(one)]", "\u{FEFF} \n\(collection(one))"] {
      #expect(LabelShapes.isDocument(Array(text.utf8)))
      #expect(try shapes(text).labels(of: Self.size, page: 0) == wanted, "\(text.prefix(20))")
    }
    #expect(!LabelShapes.isDocument([0x89, 0x50, 0x4E, 0x47]) && !LabelShapes.isDocument([]))
  }

  @Test(arguments: 0..<20)
  func `LabelShapes: polygons have the pixels whose centres are inside, lines those that are near`(
    seed: Int
  ) throws {
    var random = SeededNumbers(seed: seed)
    let corners = (0..<Int.random(in: 3...9, using: &random)).map { _ in
      (
        x: (Double.random(in: -8...34, using: &random) * 4).rounded() / 4,
        y: (Double.random(in: -8...28, using: &random) * 4).rounded() / 4
      )
    }
    let ring = "[" + corners.map { "[\($0.x),\($0.y)]" }.joined(separator: ",") + "]"
    let filled = try shapes(feature("Polygon", "[\(ring)]")).labels(of: Self.size, page: 0)
    let lined = try shapes(feature("LineString", ring)).labels(of: Self.size, page: 0)
    for place in 0..<520 {
      let (x, y) = (Double(place % 26) + 0.5, Double(place / 26) + 0.5)
      var isInside = false
      for (a, b) in zip(corners, corners.dropFirst() + corners.prefix(1))
      where (a.y <= y) != (b.y <= y) && x >= a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y) {
        isInside.toggle()
      }
      #expect((filled.ids[place] == 1) == isInside, "\(x), \(y)")
      let isNear = zip(corners, corners.dropFirst()).contains { a, b in
        let (ax, ay) = (a.x.rounded(.down) + 0.5, a.y.rounded(.down) + 0.5)
        let (dx, dy) = (b.x.rounded(.down) + 0.5 - ax, b.y.rounded(.down) + 0.5 - ay)
        let length = dx * dx + dy * dy
        let along = length == 0 ? 0 : max(0, min(1, ((x - ax) * dx + (y - ay) * dy) / length))
        let (ex, ey) = (x - ax - along * dx, y - ay - along * dy)
        return ex * ex + ey * ey <= 0.25 + 1e-12
      }
      #expect((lined.ids[place] == 1) == isNear, "\(x), \(y) of a line")
    }
  }

  @Test func `LabelShapes: of shapes that overlap the later one counts`() throws {
    let found = try shapes(
      collection(feature("Polygon", Self.square, "a"), feature("Point", "[1.5,1.5]", "b"))
    ).labels(of: Self.size, page: 0)
    #expect(found.ids[27] == 2 && found.counts[1] == 3)
    let other = try shapes(
      collection(feature("Point", "[1.5,1.5]", "b"), feature("Polygon", Self.square, "a"))
    ).labels(of: Self.size, page: 0)
    #expect(other.counts[1] == 4 && other.counts[2] == 0)
  }

  @Test func `LabelShapes: names are the ids that are told, else free ones in their order`() throws
  {
    func ids(
      _ names: [String], _ classes: String = "", given: [LabelClass]? = nil
    ) throws -> [String: UInt8] {
      let text =
        #"{"type":"FeatureCollection","features":["#
        + names.map { feature("Point", "[1,1]", $0) }.joined(separator: ",") + "]\(classes)}"
      let found = try shapes(text, classes: given).classes.map { ($0.name, $0.id) }
      return Dictionary(uniqueKeysWithValues: found)
    }
    #expect(try ids(["pore", "matrix", "pore"]) == ["matrix": 1, "pore": 2])
    #expect(try ids(["class 2", "pore", "matrix"]) == ["matrix": 1, "class 2": 2, "pore": 3])
    let told = ##","classes":[{"id":7,"name":"pore"},{"id":9,"name":"void","color":"#010203"}]"##
    #expect(try ids(["pore"], told) == ["pore": 7, "void": 9])
    let given = [LabelClass(3, named: "pore"), LabelClass(4, named: "matrix")]
    #expect(try ids(["matrix"], told, given: given) == ["pore": 3, "matrix": 4])
    #expect(throws: SegmentationError.self) { try ids(["matrix"], told) }
    #expect(throws: SegmentationError.self) { try ids(["void"], given: given) }
    let left = try shapes(
      feature("Point", "[1,1]").replacing(#""objectType""#, with: #""id":255,"objectType""#))
    #expect(left.classes.isEmpty)
    #expect(try left.labels(of: Self.size, page: 0).counts[255] == 1)
  }

  @Test func `LabelShapes: Java's numbers that are none are passed over, outside of texts`() throws
  {
    let numbers = #""measurements":{"a":NaN,"b":-Infinity,"c":Infinity,"d":-1.5},"objectType""#
    let name = #"NaN \\\"Infinity\\"#
    let shapes = try shapes(
      feature("Point", "[1,1]", name).replacing(#""objectType""#, with: numbers))
    #expect(shapes.classes.map(\.name) == [#"NaN \"Infinity\"#])
  }

  @Test func `LabelShapes: bytes that are no UTF-8 are refused, beside such numbers too`() throws {
    let text = feature("Point", "[1,1]").replacing(
      #""objectType""#, with: #""measurements":{m?":NaN},"objectType""#)
    let bytes = Array(text.utf8).map { $0 == UInt8(ascii: "?") ? 0xff : $0 }
    #expect(throws: SegmentationError.self) { try LabelShapes(bytes) }
  }

  @Test func `LabelShapes: what is wrong is told with its place`() throws {
    let nameless = feature("Point", "[1,1]").replacing(
      #""classification":{"name":"a"}"#, with: #""x":1"#)
    let numbered = feature("Point", "[1,1]").replacing(
      #""objectType""#, with: #""id":300,"objectType""#)
    let cases: [(String, String)] = [
      ("{", "no JSON"), ("[1]", "[0]"), ("{}", "type is missing"),
      (#"{"type":"Topology"}"#, "type has a value"),
      (#"{"type":"FeatureCollection"}"#, "features is missing"),
      (collection(feature("Circle", "[1,1]")), "features[0].geometry.type"),
      (collection(feature("Circle", "[1,1]")), "MultiPolygon"),
      (
        collection(feature("Point", "[1,1]"), feature("Point", "[1]")),
        "features[1].geometry.coordinates"
      ),
      (collection(feature("Point", #"["1",1]"#)), "features[0].geometry.coordinates"),
      (collection(feature("Point", "[1,NaN]")), "features[0].geometry.coordinates"),
      (collection(feature("Point", "[1,1e40]")), "features[0].geometry.coordinates"),
      (collection(feature("Polygon", "[[1,1],[2,2]]")), "features[0].geometry.coordinates"),
      (collection(nameless), "features[0] has no class"),
      (collection(numbered), "features[0].properties.id is 300"),
      (
        collection(feature("Point", "[1,1]"), feature("Polygon", "[[[30,1],[40,1],[40,5]]]")),
        "features[1] lies outside the picture"
      ),
    ]
    for (text, words) in cases {
      let error = #expect(throws: SegmentationError.self, "\(text)") {
        try shapes(text).labels(of: Self.size, page: 0)
      }
      guard case .malformedShapes(let reason) = error else {
        Issue.record("\(text): \(String(describing: error))")
        continue
      }
      #expect(reason.contains(words), "\(reason)")
    }
    for (text, words) in [
      (collection(feature("Point", "[1,1]", "")), "1 to 200 bytes"),
      (
        collection(feature("Point", "[1,1]"), classes: #","classes":[{"id":0,"name":"x"}]"#),
        "no class's id"
      ),
      (
        collection(numbered.replacing("300", with: "1"), feature("Point", "[1,1]", "class 1")),
        "two names"
      ),
    ] {
      #expect(throws: SegmentationError.self, "\(words)") { try shapes(text) }
    }
  }

  @Test func `LabelShapes: work and bytes have limits`() throws {
    let wide = feature("Polygon", "[[[0,0],[26,0],[26,20],[0,20]]]")
    let many = try shapes(collection(wide, wide))
    #expect(try many.labels(of: Self.size, page: 0, passing: 2 * (520 + 40)).counts[1] == 520)
    #expect(throws: SegmentationError.self) {
      try many.labels(of: Self.size, page: 0, passing: 2 * (520 + 40) - 1)
    }
    let line = try shapes(feature("LineString", "[[-1e9,5],[1e9,5],[-1e9,6]]"))
    #expect(try line.labels(of: Self.size, page: 0, passing: 52).counts[1] > 26)
    #expect(throws: SegmentationError.self) { try line.labels(of: Self.size, page: 0, passing: 26) }
    let long = [UInt8](repeating: UInt8(ascii: "["), count: LabelShapes.longest + 1)
    let limit = "it has \(long.count) bytes; the limit is \(LabelShapes.longest)"
    #expect(throws: SegmentationError.malformedShapes(reason: limit)) { try LabelShapes(long) }
    // Deep texts are refused, not followed.
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: SegmentationError.self) { try LabelShapes(deep) }
  }
}
