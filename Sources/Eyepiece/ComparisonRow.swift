import Fields
import Foundation
import Rendering

/// What one model makes of one folder of images, in numbers.
struct ComparisonRow: Encodable {
  let folder: String
  let model: String
  let images: Int
  let patches: Int
  /// Of a model that has a decoder.
  let loss: Spread?
  let dimensions: Double?
  let firstThree: Double?
  let neighbourhood: Double?
  let betweenImages: Double?
  let seconds: Spread

  init(
    folder: String, model: String, _ statistics: FeatureStatistics, loss: Spread, seconds: Spread
  ) {
    (self.folder, self.model) = (folder, model)
    (images, patches) = (statistics.maps, statistics.patches)
    self.loss = loss.count > 0 ? loss : nil
    self.seconds = seconds
    // What is not finite has no statistics.
    func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    dimensions = finite(statistics.dimensions)
    firstThree = finite(try? statistics.firstThree())
    neighbourhood = finite(statistics.neighbourhood)
    betweenImages = finite(statistics.betweenImages)
  }
}

/// Mean and standard deviation of numbers that come one by one.
///
/// Source: Welford 1962.
struct Spread: Encodable {
  private(set) var count = 0
  private(set) var mean = 0.0
  private var squares = 0.0

  /// Of the numbers as a sample; 0 of a single one.
  var deviation: Double { count > 1 ? (squares / Double(count - 1)).squareRoot() : 0 }

  mutating func add(_ value: Double) {
    count += 1
    let away = value - mean
    mean += away / Double(count)
    squares += away * (value - mean)
  }

  private enum CodingKeys: CodingKey { case mean, deviation }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(mean, forKey: .mean)
    try values.encode(deviation, forKey: .deviation)
  }
}

extension ComparisonRow {
  /// The rows under their columns' names, words to the left and numbers to the right.
  static func table(_ rows: [ComparisonRow]) -> String {
    let head = [
      "FOLDER", "MODEL", "IMAGES", "PATCHES", "LOSS", "DIMS", "TOP3", "NEARBY", "BETWEEN",
      "SECONDS",
    ]
    let lines = [head] + rows.map(\.cells)
    let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      zip(line, widths).enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: cell.1 - cell.0.count)
        return column < 2 ? cell.0 + blanks : blanks + cell.0
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  private var cells: [String] {
    func number(_ value: Double?) -> String { value.map { $0.written(digits: 3) } ?? "-" }
    func share(_ value: Double?) -> String {
      value.map { "\(Int(($0 * 100).rounded())) %" } ?? "-"
    }
    let loss = loss.map {
      $0.count > 1 ? "\(number($0.mean)) ± \(number($0.deviation))" : number($0.mean)
    }
    return [
      folder, model, "\(images)", "\(patches)", loss ?? "-", number(dimensions),
      share(firstThree), number(neighbourhood), share(betweenImages), number(seconds.mean),
    ]
  }

  /// The rows as a JSON array; a statistic that there is none of is left out.
  static func json(_ rows: [ComparisonRow]) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(rows) + Data("\n".utf8)
  }
}

extension ComparisonRow {
  /// A panel for each column, models down its side and a colour for each folder, as SVG.
  static func plot(_ rows: [ComparisonRow]) -> Data {
    let (models, folders) = (rows.map(\.model).distinct, rows.map(\.folder).distinct)
    func panel(
      _ title: String, _ axis: String, _ value: (ComparisonRow) -> BarChart.Bar?
    ) -> BarChart.Panel {
      let bars = models.map { model in
        folders.map { folder in
          rows.first { $0.model == model && $0.folder == folder }.flatMap(value)
        }
      }
      return BarChart.Panel(title: title, axis: axis, bars: bars)
    }
    func percent(_ value: Double?) -> BarChart.Bar? { value.map { BarChart.Bar($0 * 100) } }
    let chart = BarChart(
      groups: models, series: folders,
      panels: [
        panel("Reconstruction loss", "mean squared error of hidden pixels, ± s.d.") {
          $0.loss.map { BarChart.Bar($0.mean, deviation: $0.deviation) }
        },
        panel("Effective dimensions", "(Σλ)² / Σλ²") { $0.dimensions.map { BarChart.Bar($0) } },
        panel("First three components", "share of the variance (%)") { percent($0.firstThree) },
        panel("Neighbouring patches", "Moran's I") { $0.neighbourhood.map { BarChart.Bar($0) } },
        panel("Between images", "share of the variance (%)") { percent($0.betweenImages) },
        panel("Time", "seconds per image, ± s.d.") {
          BarChart.Bar($0.seconds.mean, deviation: $0.seconds.deviation)
        },
      ],
      caption: folders.map { folder in
        "\(folder): \(rows.filter { $0.folder == folder }.map(\.images).max() ?? 0) images"
      }.joined(separator: ", "))
    return Data(chart.svg.utf8)
  }
}

extension [String] {
  /// Each once, in the order of their first appearance.
  fileprivate var distinct: [String] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
