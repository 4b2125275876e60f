import API
import ArgumentParser
import Featurization
import Files
import Foundation
import ImageCodecs
import Segmentation
import Tensors

/// `eyepiece segment`: a classifier's answer for many images.
struct Segment: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Segment images with a trained classifier.",
    discussion: """
      The options of the field are the classifier's. With --measure the folder also gets \
      fractions.csv, objects.csv, and summary.csv with the mean of each class over the images. With \
      --page all a stack becomes one TIFF, and each row of the tables has its page. A file that fails is reported and the others are still done.
      """)

  @Argument(help: "Images: \(ImageFormat.names).") var images: [String]
  @Option(help: "The classifier's file, from eyepiece train or from a server.")
  var classifier: String
  @Option(name: [.customShort("o"), .long], help: "Folder of the results.")
  var into = "."
  @Option(help: "labels, probabilities, uncertainty or overlay.") var output = "labels"
  @Option(help: "The format of the results; tiff for labels unless given.") var format: String?
  @Flag(help: "Measure fractions and objects as well.") var measure = false
  @Flag(help: "Leave out images whose results are there already.") var resume = false

  @OptionGroup(title: "What to look at, and what to do") var options: SegmentationFlags
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    let settings = try await flags.settings()
    let parts = try Composition(settings, keeping: .inMemory)
    let batch: SegmentationBatch
    do {
      let file = try bytes(ofFile: classifier, atMost: ClassifierFile.longest)
      batch = try SegmentationBatch(
        try Classifier(file: file), parts, output: output, format: format, measures: measure,
        options.given)
    } catch let error as SegmentationError {
      throw ValidationError("\(classifier): \(words(for: FeaturizationError.segmentation(error)))")
    } catch {
      throw ValidationError(words(for: error))
    }
    let folder = URL(fileURLWithPath: into, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var tables = measure ? try MeasurementFiles(in: folder, resuming: resume) : nil
    try await forEachImage(images) { image, name in
      let path = folder.appending(path: "\(name).\(batch.fileExtension)").path
      let isMeasured = tables?.has(image) ?? true
      if resume, isMeasured, FileManager.default.fileExists(atPath: path) { return }
      let bytes = try bytes(ofFile: image, atMost: settings.bodyBytes)
      try await withProgress(name) { progress in
        try await batch.segment(bytes, to: path, progress)
        if tables != nil {
          let found = try await batch.measure(bytes, progress)
          try tables?.add(found, of: image)
        }
      }
      print(path)
    }
  }
}
