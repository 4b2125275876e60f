package import Featurization
import Files
package import Foundation
import Segmentation

/// The tables of many images in a folder: `fractions.csv`, `objects.csv` and `summary.csv`.
///
/// They are whole after every image, also if the program is killed.
package struct MeasurementFiles {
  private let folder: URL
  /// Lines of each table by their images, in the order of the images, and its first line.
  private var tables: [String: (head: String, images: [(name: String, lines: [Substring])])] = [:]

  private static let quantities: [MeasurementsOutput.Quantity] = [.fractions, .objects]

  /// Begins with the tables that are there, where work is resumed.
  package init(in folder: URL, resuming: Bool) throws {
    self.folder = folder
    guard resuming else { return }
    for quantity in MeasurementFiles.quantities {
      let path = folder.appending(path: "\(quantity.rawValue).csv")
      guard let text = try? String(contentsOf: path, encoding: .utf8) else { continue }
      let lines = text.split(separator: "\n")
      guard let head = lines.first else { continue }
      tables[quantity.rawValue] = (String(head), [])
      for line in lines.dropFirst() { add(line, to: quantity.rawValue) }
    }
  }

  private mutating func add(_ line: Substring, to table: String) {
    let name = CSVLine(line).first
    if tables[table]?.images.last?.name != name { tables[table]?.images.append((name, [])) }
    let last = (tables[table]?.images.count ?? 1) - 1
    tables[table]?.images[last].lines.append(line)
  }

  /// Whether an image's fractions are there.
  package func has(_ image: String) -> Bool {
    tables["fractions"]?.images.contains { $0.name == image } ?? false
  }

  /// Adds an image's tables, in which it has the name of its file, and writes all.
  package mutating func add(
    _ found: [MeasurementsOutput.Quantity: [UInt8]], of image: String
  ) throws {
    for (quantity, csv) in found {
      let lines = String(decoding: csv, as: UTF8.self).split(separator: "\n")
      guard let head = lines.first else { continue }
      var table = tables[quantity.rawValue] ?? (String(head), [])
      table.images.removeAll { $0.name == image }
      let named = lines.dropFirst().map { line in
        Substring(CSVLine.cell(image) + line.drop { $0 != "," })
      }
      table.images.append((image, named))
      tables[quantity.rawValue] = table
      try write(
        [table.head] + table.images.flatMap { $0.lines.map(String.init) }, quantity.rawValue)
    }
    try write(summary, "summary")
  }

  private func write(_ lines: [String], _ name: String) throws {
    let file = try AtomicFile(replacing: folder.appending(path: "\(name).csv").path)
    try file.write(Array((lines.joined(separator: "\n") + "\n").utf8))
    try file.publish()
  }

  /// The mean of each class's fraction over the images, with its interval.
  private var summary: [String] {
    guard let table = tables["fractions"] else { return [] }
    let names = CSVLine(Substring(table.head)).cells
    guard let name = names.firstIndex(of: "class"), let id = names.firstIndex(of: "id"),
      let fraction = names.firstIndex(of: "fraction")
    else { return [] }
    var values: [Int: (name: String, fractions: [Double])] = [:]
    for line in table.images.flatMap(\.lines) {
      let cells = CSVLine(line).cells
      guard let id = Int(cells[id]), let value = Double(cells[fraction]) else { continue }
      values[id, default: (cells[name], [])].fractions.append(value)
    }
    let rows = values.sorted { $0.key < $1.key }.map { id, found in
      let mean = MeanInterval(of: found.fractions)
      let bounds = mean.interval.map { "\($0.lowerBound),\($0.upperBound)" } ?? ","
      return "\(CSVLine.cell(found.name)),\(id),\(found.fractions.count),\(mean.mean),"
        + "\(mean.deviation.map { "\($0)" } ?? ""),\(bounds)"
    }
    return ["class,id,images,mean_fraction,sd,ci_low,ci_high"] + rows
  }
}

/// A line of comma-separated cells, RFC 4180.
struct CSVLine {
  let cells: [String]
  var first: String { cells.first ?? "" }

  init(_ line: Substring) {
    var (cells, cell, isQuoted) = ([String](), "", false)
    var previous: Character = ","
    for character in line {
      switch character {
      case "\"":
        // A quote inside quotes is written twice.
        if !isQuoted, previous == "\"" { cell.append("\"") }
        isQuoted.toggle()
      case "," where !isQuoted:
        cells.append(cell)
        cell = ""
      default: cell.append(character)
      }
      previous = character
    }
    self.cells = cells + [cell]
  }

  /// A text as a cell.
  static func cell(_ text: String) -> String {
    text.contains { "\",\n\r".contains($0) }
      ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }
}
