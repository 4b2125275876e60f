import Files
import Foundation
import Imaging
import Segmentation
import Support
import Tensors
import Testing

@Suite("Exports of labels") struct LabelExportTests {
  private static let size = Size(width: 26, height: 20)

  private func labels(_ index: Int) throws -> LabelImage {
    let all = try Fixture("Objects/objects.safetensors").integers("labels")
    return LabelImage(
      size: Self.size, ids: all[index * 520..<(index + 1) * 520].map { UInt8($0) })
  }

  /// Whether the middle of a pixel is inside rings, by the even-odd rule.
  private func isInside(_ rings: [[LabelOutlines.Corner]], _ x: Int, _ y: Int) -> Bool {
    var crossings = 0
    for ring in rings {
      for (index, a) in ring.enumerated() {
        let b = ring[(index + 1) % ring.count]
        // Vertical edges at the right of the pixel's middle.
        if a.x == b.x, a.x > x, min(a.y, b.y) <= y, max(a.y, b.y) > y { crossings += 1 }
      }
    }
    return crossings % 2 == 1
  }

  private func area(_ ring: [LabelOutlines.Corner]) -> Int {
    ring.indices.reduce(0) { sum, index in
      let (a, b) = (ring[index], ring[(index + 1) % ring.count])
      return sum + a.x * b.y - b.x * a.y
    } / 2
  }

  @Test(arguments: 0..<50)
  func `LabelOutlines: rings hold the pixels of their object and no others`(index: Int) throws {
    let components = Components(of: try labels(index), ids: [1, 2, 3], .four)
    let outlines = LabelOutlines(of: components).outlines
    #expect(outlines.map(\.id) == components.ids)
    let areas = components.areas
    for (object, outline) in outlines.enumerated() {
      #expect(outline.rings.reduce(0) { $0 + area($1) } == areas[object])
      for (place, ring) in outline.rings.enumerated() {
        #expect((area(ring) > 0) == (place == 0), "one outer ring, first")
        #expect(Set(ring).count == ring.count, "a ring that meets itself")
        for corner in ring.indices {
          let (a, b) = (ring[corner], ring[(corner + 1) % ring.count])
          let c = ring[(corner + 2) % ring.count]
          #expect((a.x == b.x) != (a.y == b.y))
          #expect((a.x == b.x) == (b.y == c.y), "a corner on a straight line")
        }
      }
      for place in 0..<520 {
        let isOwn = components.objects[place] == Int32(object + 1)
        #expect(isInside(outline.rings, place % 26, place / 26) == isOwn)
      }
    }
  }

  @Test func `LabelOutlines: an object that meets itself at a corner has a hole that touches`() {
    // A ring of pixels whose hole touches the outside at one corner.
    let ids: [UInt8] = [
      1, 1, 1, 0,  //
      1, 0, 1, 0,  //
      1, 1, 0, 0,  //
    ]
    let components = Components(
      of: LabelImage(size: Size(width: 4, height: 3), ids: ids), ids: [1], .four)
    let outline = LabelOutlines(of: components).outlines[0]
    #expect(outline.rings.count == 2)
    #expect(outline.rings.allSatisfy { Set($0).count == $0.count })
  }

  @Test func `GeoJSON: features have closed rings, and names as they are`() throws {
    let components = Components(of: try labels(3), ids: [1, 2], .four)
    let name = #"γ′ "quoted" \ <b>"#
    let classes = [
      LabelClass(id: 1, name: name, color: LabelClass.palette[0]), LabelClass.unnamed(2),
    ]
    let bytes = GeoJSON(LabelOutlines(of: components), classes).bytes
    struct Collection: Decodable {
      struct Feature: Decodable {
        struct Geometry: Decodable { let coordinates: [[[Int]]] }
        struct Classification: Decodable {
          let name: String
          let color: [Int]
        }
        struct Properties: Decodable { let classification: Classification }
        let geometry: Geometry
        let properties: Properties
      }
      let features: [Feature]
    }
    let found = try JSONDecoder().decode(Collection.self, from: Data(bytes))
    #expect(found.features.count == components.count)
    for (feature, id) in zip(found.features, components.ids) {
      #expect(feature.geometry.coordinates.allSatisfy { $0.first == $0.last && $0.count > 4 })
      #expect(feature.properties.classification.name == (id == 1 ? name : "class 2"))
      #expect(feature.properties.classification.color.count == 3)
    }
  }

  @Test func `GeoJSON: pixels that share a corner are one object, as in COCO`() throws {
    // Two squares that touch at a corner, one apart.
    let ids: [UInt8] = [
      1, 1, 0, 0, 0,  //
      1, 1, 0, 0, 0,  //
      0, 0, 1, 0, 1,  //
    ]
    let labels = LabelImage(size: Size(width: 5, height: 3), ids: ids)
    let parts = Components(of: labels, ids: [1], .four)
    let objects = parts.objects(of: Components(of: labels, ids: [1]))
    #expect(objects == [1, 1, 2])
    let bytes = GeoJSON(LabelOutlines(of: parts), objects: objects, [.unnamed(1)]).bytes
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.components(separatedBy: "\"Feature\"").count == 3)
    #expect(
      text.components(separatedBy: #""MultiPolygon","coordinates":[[[[""#.dropLast()).count == 2)
    #expect(text.components(separatedBy: #""Polygon","coordinates":[[["#).count == 2)
    #expect((try JSONSerialization.jsonObject(with: Data(bytes))) is [String: Any])
  }

  @Test(arguments: 0..<10)
  func `RunLengths: counts go down the columns and give the objects back`(index: Int) throws {
    let components = Components(of: try labels(index), ids: [1, 2, 3])
    struct Document: Decodable {
      struct Annotation: Decodable {
        struct Runs: Decodable {
          let size: [Int]
          let counts: [Int]
        }
        let area: Int
        let bbox: [Int]
        let category_id: UInt8
        let segmentation: Runs
      }
      let annotations: [Annotation]
    }
    let runs = RunLengths(of: components, [1, 2, 3].map { .unnamed($0) })
    let found = try JSONDecoder().decode(Document.self, from: Data(runs.bytes))
    #expect(found.annotations.map(\.category_id) == components.ids)
    for (object, annotation) in found.annotations.enumerated() {
      #expect(annotation.segmentation.size == [20, 26])
      var flat: [Bool] = []
      for (run, count) in annotation.segmentation.counts.enumerated() {
        flat += [Bool](repeating: run % 2 == 1, count: count)
      }
      let wanted = (0..<520).map { place in
        components.objects[place % 20 * 26 + place / 20] == Int32(object + 1)
      }
      #expect(flat == wanted && annotation.area == wanted.count { $0 })
      let places = wanted.indices.filter { wanted[$0] }
      let (columns, rows) = (places.map { $0 / 20 }, places.map { $0 % 20 })
      let box = [columns.min(), rows.min(), columns.max(), rows.max()].compactMap { $0 }
      #expect(annotation.bbox == [box[0], box[1], box[2] - box[0] + 1, box[3] - box[1] + 1])
    }
  }

  @Test func `ZarrLabels: the archive is one, with a level for each halving`() throws {
    let size = Size(width: 700, height: 90)
    let labels = LabelImage(size: size, ids: (0..<63_000).map { UInt8($0 % 700 / 300 + 1) })
    let bytes = ZarrLabels(labels, [.unnamed(1)], scale: (y: 0.25, x: 0.5)).bytes
    let text = String(decoding: bytes, as: UTF8.self)
    for name in ["0/0/0", "0/0/1", "1/0/0", "2/0/0", "0/.zarray", ".zattrs"] {
      #expect(text.contains("labels/phases/\(name)"), "\(name)")
    }
    #expect(text.contains(#""shape":[90,700]"#) && text.contains(#""shape":[23,175]"#))
    #expect(text.contains(#""scale":[1.0,2.0]"#) && text.contains("micrometer"))
    #expect(bytes == ZarrLabels(labels, [.unnamed(1)], scale: (y: 0.25, x: 0.5)).bytes)
  }
}
