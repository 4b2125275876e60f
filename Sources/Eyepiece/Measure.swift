import API
import ArgumentParser
import Featurization
import Files
import Foundation
import ImageCodecs

/// `eyepiece measure`: what is measured of label images.
struct Measure: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure label images.",
    discussion: """
      Values or palette indices are classes from 1 to 254; 0 and 255 are not measured. Lengths have \
      units where the file has a pixel size, as the TIFFs of eyepiece segment have, or --pixel-size \
      gives one. The table is printed, CSV, with a line for each class or object of each file.
      """)

  @Argument(help: "Label images.") var images: [String]
  @Option(help: "\(Parameter.of.allowed).") var of = "fractions"
  @Option(help: "majority:r, area:pixels, holes:pixels, with ; between them.") var clean = "none"
  @Option(help: "Micrometres of a pixel's side.") var pixelSize: Double?
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    let settings = try await flags.settings()
    guard let quantity = MeasurementsOutput.Quantity(rawValue: of) else {
      throw ValidationError("--of is \(Parameter.of.allowed)")
    }
    guard let clean = Cleanup(clean), !clean.changesScores else {
      throw ValidationError("--clean of labels is majority, area and holes")
    }
    if let pixelSize, !(pixelSize > 0 && pixelSize.isFinite) {
      throw ValidationError("--pixel-size is above 0")
    }
    var isFirst = true
    try await forEachImage(images) { image, _ in
      let file = try bytes(ofFile: image, atMost: settings.bodyBytes)
      let csv = try LabelMeasurements(
        file, name: image, micrometres: pixelSize, limits: settings.featurization.decoding
      ).csv(of: quantity, clean: clean)
      let text = String(decoding: csv, as: UTF8.self)
      print(isFirst ? text : String(text.drop { $0 != "\n" }.dropFirst()), terminator: "")
      isFirst = false
    }
  }
}
