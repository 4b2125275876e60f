import Files

/// Objects as polygons in the form that QuPath imports.
///
/// A feature for each object, in pixels with y downwards, rings closed, holes as inner rings.
/// Source: RFC 7946 §3.1.6, but for its coordinates; QuPath's `QuPathTypeAdapters`.
package struct GeoJSON: Sendable {
  /// Most corners of all outlines: about 30 MB of text.
  package static let mostCorners = 2_000_000

  private let outlines: LabelOutlines
  private let classes: [UInt8: LabelClass]

  package init(_ outlines: LabelOutlines, _ classes: [LabelClass]) {
    self.outlines = outlines
    self.classes = Dictionary(uniqueKeysWithValues: classes.map { ($0.id, $0) })
  }

  package var bytes: [UInt8] {
    var text = Array(#"{"type":"FeatureCollection","features":["#.utf8)
    for (index, outline) in outlines.outlines.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      append(outline, to: &text)
    }
    return text + Array("]}\n".utf8)
  }

  private func append(_ outline: LabelOutlines.Outline, to text: inout [UInt8]) {
    text += #"{"type":"Feature","geometry":{"type":"Polygon","coordinates":["#.utf8
    for (index, ring) in outline.rings.enumerated() {
      text += (index > 0 ? ",[" : "[").utf8
      for corner in ring + ring.prefix(1) { text += "[\(corner.x),\(corner.y)],".utf8 }
      text[text.count - 1] = UInt8(ascii: "]")
    }
    let named = classes[outline.id] ?? .unnamed(outline.id)
    let color = named.color
    text +=
      #"]},"properties":{"objectType":"annotation","classification":{"name":"#.utf8
    text += "\(named.name.jsonQuoted),\"color\":[\(color.red),\(color.green),\(color.blue)]},".utf8
    text += "\"isLocked\":false,\"id\":\(outline.id)}}".utf8
  }
}
