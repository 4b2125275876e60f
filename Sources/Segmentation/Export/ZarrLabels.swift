import Files
import Foundation
import Imaging
import Tensors

/// A folder of labels in OME-Zarr 0.4, as a ZIP archive of stored files.
///
/// `labels/phases` is a pyramid whose levels halve both sides, by nearest neighbours, until neither
/// exceeds 256; chunks of 512² are deflated. Source: OME-NGFF 0.4, "labels"; Zarr 2.
package struct ZarrLabels: Sendable {
  private let labels: LabelImage
  private let classes: [LabelClass]
  /// The extent of a pixel in micrometres, down and across; `nil` where it is not known.
  private let scale: (y: Double, x: Double)?

  private static let chunk = 512
  private static let smallest = 256

  package init(
    _ labels: LabelImage, _ classes: [LabelClass], scale: (y: Double, x: Double)? = nil
  ) {
    (self.labels, self.classes, self.scale) = (labels, classes, scale)
  }

  /// The archive; equal labels give equal bytes.
  package var bytes: [UInt8] {
    var files: [(name: String, bytes: [UInt8])] = [
      (".zgroup", ZarrLabels.group), ("labels/.zgroup", ZarrLabels.group),
      ("labels/.zattrs", Array("{\"labels\":[\"phases\"]}\n".utf8)),
      ("labels/phases/.zgroup", ZarrLabels.group),
    ]
    var levels = [labels]
    while let last = levels.last, max(last.size.width, last.size.height) > ZarrLabels.smallest {
      levels.append(ZarrLabels.halved(last))
    }
    files.append(("labels/phases/.zattrs", attributes(levels: levels.count)))
    for (index, level) in levels.enumerated() {
      files += ZarrLabels.array(level).map { ("labels/phases/\(index)/\($0)", $1) }
    }
    return ZIPFrame.archive(of: files)
  }

  private static let group = Array("{\"zarr_format\":2}\n".utf8)

  private func attributes(levels: Int) -> [UInt8] {
    let unit = scale == nil ? "" : ",\"unit\":\"micrometer\""
    let axes = ["y", "x"].map { "{\"name\":\"\($0)\",\"type\":\"space\"\(unit)}" }
    let datasets = (0..<levels).map { level in
      let step = Double(1 << level)
      let (y, x) = ((scale?.y ?? 1) * step, (scale?.x ?? 1) * step)
      return "{\"path\":\"\(level)\",\"coordinateTransformations\":"
        + "[{\"type\":\"scale\",\"scale\":[\(y),\(x)]}]}"
    }
    let colors = classes.map {
      "{\"label-value\":\($0.id),\"rgba\":[\($0.color.red),\($0.color.green),\($0.color.blue),255]}"
    }
    let properties = classes.map {
      "{\"label-value\":\($0.id),\"class\":\($0.name.jsonQuoted)}"
    }
    return Array(
      ("{\"multiscales\":[{\"version\":\"0.4\",\"name\":\"phases\","
        + "\"axes\":[\(axes.joined(separator: ","))],"
        + "\"datasets\":[\(datasets.joined(separator: ","))]}],"
        + "\"image-label\":{\"version\":\"0.4\",\"colors\":[\(colors.joined(separator: ","))],"
        + "\"properties\":[\(properties.joined(separator: ","))],"
        + "\"source\":{\"image\":\"../../\"}}}\n").utf8)
  }

  /// Every second pixel of every second row.
  private static func halved(_ labels: LabelImage) -> LabelImage {
    let (width, height) = (labels.size.width, labels.size.height)
    var ids: [UInt8] = []
    ids.reserveCapacity((width + 1) / 2 * ((height + 1) / 2))
    for y in stride(from: 0, to: height, by: 2) {
      for x in stride(from: 0, to: width, by: 2) { ids.append(labels.ids[y * width + x]) }
    }
    return LabelImage(size: Size(width: (width + 1) / 2, height: (height + 1) / 2), ids: ids)
  }

  /// The files of an array: its description, and its chunks, which have one size.
  private static func array(_ labels: LabelImage) -> [(String, [UInt8])] {
    let (width, height) = (labels.size.width, labels.size.height)
    let description =
      "{\"zarr_format\":2,\"shape\":[\(height),\(width)],\"chunks\":[\(chunk),\(chunk)],"
      + "\"dtype\":\"|u1\",\"compressor\":{\"id\":\"zlib\",\"level\":4},\"fill_value\":0,"
      + "\"order\":\"C\",\"filters\":null,\"dimension_separator\":\"/\"}\n"
    var files = [(".zarray", Array(description.utf8))]
    for top in stride(from: 0, to: height, by: chunk) {
      for left in stride(from: 0, to: width, by: chunk) {
        var part = [UInt8](repeating: 0, count: chunk * chunk)
        let columns = min(chunk, width - left)
        for y in 0..<min(chunk, height - top) {
          let start = (top + y) * width + left
          part.replaceSubrange(
            y * chunk..<y * chunk + columns, with: labels.ids[start..<start + columns])
        }
        files.append(("\(top / chunk)/\(left / chunk)", Deflation.zlib(part[...])))
      }
    }
    return files
  }
}
