import Files

/// Objects as polygons in the form that QuPath imports.
///
/// A feature for each object, in pixels with y downwards, rings closed, holes as inner rings. Parts of
/// an object that share corners alone are polygons of one MultiPolygon, whose rings never cross.
/// Source: RFC 7946 §3.1.6, but for its coordinates; QuPath's `QuPathTypeAdapters`.
package struct GeoJSON: Sendable {
  /// Most corners of all outlines: about 30 MB of text.
  package static let mostCorners = 2_000_000

  /// The outlines of each object's parts.
  private let objects: [[LabelOutlines.Outline]]
  private let classes: [UInt8: LabelClass]

  /// Takes outlines of objects; those of one number in `objects` are one.
  package init(_ outlines: LabelOutlines, objects: [Int]? = nil, _ classes: [LabelClass]) {
    if let objects {
      precondition(objects.count == outlines.outlines.count, "\(objects.count) numbers")
      var places: [Int: Int] = [:]
      var joined: [[LabelOutlines.Outline]] = []
      for (outline, object) in zip(outlines.outlines, objects) {
        if let place = places[object] {
          joined[place].append(outline)
        } else {
          places[object] = joined.count
          joined.append([outline])
        }
      }
      self.objects = joined
    } else {
      self.objects = outlines.outlines.map { [$0] }
    }
    self.classes = Dictionary(uniqueKeysWithValues: classes.map { ($0.id, $0) })
  }

  package var bytes: [UInt8] {
    var text = Array(#"{"type":"FeatureCollection","features":["#.utf8)
    for (index, object) in objects.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(object, to: &text)
    }
    return text + Array("]}\n".utf8)
  }

  private func append(_ parts: [LabelOutlines.Outline], to text: inout [UInt8]) {
    let isOne = parts.count == 1
    text += #"{"type":"Feature","geometry":{"type":""#.utf8
    text += (isOne ? #"Polygon","coordinates":"# : #"MultiPolygon","coordinates":["#).utf8
    for (index, part) in parts.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(part.rings, to: &text)
    }
    let id = parts[0].id
    let named = classes[id] ?? .unnamed(id)
    let color = named.color
    text += (isOne ? "}" : "]}").utf8
    text += #","properties":{"objectType":"annotation","classification":{"name":"#.utf8
    text += "\(named.name.jsonQuoted),\"color\":[\(color.red),\(color.green),\(color.blue)]},".utf8
    text += "\"isLocked\":false,\"id\":\(id)}}".utf8
  }

  /// Appends a polygon's coordinates.
  private func append(_ rings: [[LabelOutlines.Corner]], to text: inout [UInt8]) {
    text.append(UInt8(ascii: "["))
    for (index, ring) in rings.enumerated() {
      text += (index > 0 ? ",[" : "[").utf8
      for corner in ring + ring.prefix(1) { text += "[\(corner.x),\(corner.y)],".utf8 }
      text[text.count - 1] = UInt8(ascii: "]")
    }
    text.append(UInt8(ascii: "]"))
  }
}
