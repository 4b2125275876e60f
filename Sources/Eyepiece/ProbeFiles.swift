import Analysis
import Files
import Foundation
import Rendering

/// What `eyepiece probe` writes, whole after every model.
struct ProbeFiles {
  private let folder: URL
  private let classes: [String]
  private let descriptor: String
  private var accuracies = Table([
    "model", "descriptor", "classes", "images", "right", "accuracy", "ci_low", "ci_high",
  ])
  private var points = Table(["model", "images_per_class", "draws", "accuracy", "sd"])
  private var curves: [(model: String, curve: LearningCurve)] = []

  init(in folder: URL, classes: [String], descriptor: String) {
    (self.folder, self.classes, self.descriptor) = (folder, classes, descriptor)
  }

  mutating func add(
    model: String, _ validation: CrossValidation, _ curve: LearningCurve, head: [UInt8]
  ) throws {
    let interval = validation.interval
    accuracies.append([
      .text(model), .text(descriptor), .whole(classes.count), .whole(validation.images),
      .whole(validation.correct), .number(validation.accuracy), .number(interval.lowerBound),
      .number(interval.upperBound),
    ])
    for point in curve.points {
      points.append([
        .text(model), .whole(point.images), .whole(point.accuracies.count), .number(point.mean),
        .number(point.deviation),
      ])
    }
    curves.append((model, curve))
    var confusion = Table(["class"] + classes)
    for (name, row) in zip(classes, validation.confusion) {
      confusion.append([.text(name)] + row.map { .whole($0) })
    }
    try write(confusion.csv, "confusion-\(model).csv")
    try write(head, "head-\(model).safetensors")
    try write(accuracies.csv, "accuracy.csv")
    try write(points.csv, "curve.csv")
    try write(Array(plot.utf8), "curve.svg")
  }

  private var plot: String {
    let steps = Set(curves.flatMap { $0.curve.points.map(\.images) }).sorted()
    let bars = steps.map { images in
      curves.map { one in
        one.curve.points.first { $0.images == images }.map {
          BarChart.Bar(100 * $0.mean, deviation: 100 * $0.deviation)
        }
      }
    }
    let chart = BarChart(
      groups: steps.map { "\($0)" }, series: curves.map(\.model),
      panels: [
        BarChart.Panel(
          title: "Images told right, by those of each class learnt from", axis: "%, ± s.d.",
          bars: bars, within: 0...100)
      ], caption: "\(classes.count) classes: \(classes.summary)")
    return chart.svg
  }

  private func write(_ bytes: [UInt8], _ name: String) throws {
    let file = try AtomicFile(replacing: folder.appending(path: name).path)
    try file.write(bytes)
    try file.publish()
  }
}
