import Files
import Imaging

/// Objects as run lengths in COCO's uncompressed form, an annotation for each.
///
/// Runs go down the columns, from the left, and begin with what is outside. Source: the COCO API's
/// `maskApi`.
package struct RunLengths: Sendable {
  /// Most runs of all objects: about 20 MB of text.
  package static let mostRuns = 2_000_000

  private let components: Components
  private let areas: [Int]
  private let classes: [LabelClass]
  /// Beginning and end of each run, for each object, in the order of columns.
  private let runs: [[Range<Int>]]

  package init(of components: Components, _ classes: [LabelClass]) {
    self.components = components
    self.classes = classes
    areas = components.areas
    let (width, height) = (components.size.width, components.size.height)
    var runs = [[Range<Int>]](repeating: [], count: components.count)
    func end(_ object: Int32, _ run: Range<Int>) {
      guard object > 0 else { return }
      let place = Int(object) - 1
      // A run goes on from the end of one column to the start of the next.
      if let last = runs[place].last, last.upperBound == run.lowerBound {
        runs[place][runs[place].count - 1] = last.lowerBound..<run.upperBound
      } else {
        runs[place].append(run)
      }
    }
    for x in 0..<width {
      var start = 0
      for y in 1...height {
        let own = components.objects[start * width + x]
        if y == height || components.objects[y * width + x] != own {
          end(own, x * height + start..<x * height + y)
          start = y
        }
      }
    }
    self.runs = runs
  }

  package var count: Int { runs.reduce(0) { $0 + $1.count } }

  package var bytes: [UInt8] {
    let (width, height) = (components.size.width, components.size.height)
    var text = Array("{\"images\":[{\"id\":1,\"width\":\(width),\"height\":\(height)}],".utf8)
    let categories = classes.map { "{\"id\":\($0.id),\"name\":\($0.name.jsonQuoted)}" }
    text += "\"categories\":[\(categories.joined(separator: ","))],\"annotations\":[".utf8
    for object in runs.indices {
      text += "\(object > 0 ? "," : "")\(annotation(object))".utf8
    }
    return text + Array("]}\n".utf8)
  }

  private func annotation(_ object: Int) -> String {
    let (width, height) = (components.size.width, components.size.height)
    var (counts, end) = ([Int](), 0)
    var (left, right, top, bottom) = (width, 0, height, 0)
    for run in runs[object] {
      counts += [run.lowerBound - end, run.count]
      end = run.upperBound
      let (first, last) = (run.lowerBound / height, (run.upperBound - 1) / height)
      (left, right) = (min(left, first), max(right, last))
      let rows =
        first == last ? run.lowerBound % height...(run.upperBound - 1) % height : 0...height - 1
      (top, bottom) = (min(top, rows.lowerBound), max(bottom, rows.upperBound))
    }
    if end < width * height { counts.append(width * height - end) }
    let numbers = counts.map { String($0) }.joined(separator: ",")
    return "{\"id\":\(object + 1),\"image_id\":1,\"category_id\":\(components.ids[object]),"
      + "\"iscrowd\":1,\"area\":\(areas[object]),"
      + "\"bbox\":[\(left),\(top),\(right - left + 1),\(bottom - top + 1)],"
      + "\"segmentation\":{\"size\":[\(height),\(width)],\"counts\":[\(numbers)]}}"
  }
}
