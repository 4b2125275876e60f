import API
import Analysis
import ArgumentParser
import Featurization
import Files
import Foundation
import ImageCodecs
import LinearAlgebra
import Segmentation

/// `eyepiece probe`: how well models tell classes of whole images from a few examples.
struct ProbeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Learn classes of whole images from folders, one folder a class.",
    discussion: """
      Each image becomes one vector of a model, and logistic regression learns the classes. In the \
      folder of results: accuracy.csv, the share of images told right that were held out, with its \
      95 % interval (Wilson); confusion-MODEL.csv; curve.csv and curve.svg, the accuracy by the \
      number of images of each class that were learnt from, as mean and deviation over draws; and \
      head-MODEL.safetensors, learnt from all images, which eyepiece models import --for MODEL puts on the \
      model where the vectors are class tokens, and which a server takes as a classifier.
      """)

  @Argument(help: "A folder of folders of images (\(ImageFormat.names)).") var folder: String
  @Option(name: [.customShort("o"), .long], help: "Folder of the results.") var into = "."
  @Option(help: "Models, such as a,b,c; the usual one unless given.") var models: String?
  @Option(help: "cls, the class token; mean, gem or max of the patches.") var descriptor = "cls"
  @Option(help: "The inverse strength of the ridge, as scikit-learn's C.") var c = 1.0
  @Option(help: "Which images are held out, and drawn.") var seed: UInt64 = 0
  @Option(help: "Draws for each number of images.") var draws = LearningCurve.usualDraws
  @OptionGroup(title: "How images are seen") var options: FieldFlags
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    let settings = try await flags.settings()
    guard c >= 1e-8, c <= 1e8 else { throw ValidationError("--c is from 1e-8 to 1e8") }
    guard (1...1000).contains(draws) else { throw ValidationError("--draws is from 1 to 1000") }
    guard let kind = DescriptorKind(rawValue: descriptor) else {
      let names = DescriptorKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--descriptor is one of \(names)")
    }
    let parts = try Composition(settings, keeping: .nowhere)
    let names = models?.split(separator: ",").map { String($0) as String? } ?? [nil]
    let describers = try names.map { try Describer(parts, model: $0, kind, options.orDraft) }
    let labelled = try LabelledFolders(in: folder)
    let results = URL(fileURLWithPath: into, isDirectory: true)
    try FileManager.default.createDirectory(at: results, withIntermediateDirectories: true)
    var files = ProbeFiles(in: results, classes: labelled.classes, descriptor: descriptor)
    for describer in describers {
      var images: [(descriptors: FieldDescriptors, class: UInt8)] = []
      for (image, one) in labelled.images {
        do {
          images.append((try await describer.descriptors(of: image), UInt8(one + 1)))
        } catch FeaturizationError.weightsMissing(let model) {
          report(words(for: FeaturizationError.weightsMissing(model: model)))
          throw ExitCode.failure
        } catch {
          report("\(image.relativePath): \(words(for: error))")
        }
      }
      let sizes = labelled.classes.indices.map { one in images.count { $0.class == one + 1 } }
      guard sizes.allSatisfy({ $0 >= Probe.leastImages }) else {
        report("each class needs \(Probe.leastImages) images that can be read")
        throw ExitCode.failure
      }
      let rows = images.map { $0.descriptors[describer.kind] }
      let probe = Probe(
        rows: Matrix(rows: rows.count, columns: rows[0].count, rows.flatMap { $0 }),
        classes: images.map { Int($0.class) - 1 }, count: sizes.count, c: c)
      let pool = parts.workers
      let validation = try CrossValidation(of: probe, seed: seed, workers: pool)
      let curve = try LearningCurve(of: probe, draws: draws, seed: seed, workers: pool)
      let head = try ImageClassifier.trained(
        on: images, classes: labelled.labelClasses, by: describer.kind, c: c, workers: pool
      ).classifier
      try files.add(model: describer.model, validation, curve, head: head.file)
      let (low, high) = (validation.interval.lowerBound, validation.interval.upperBound)
      print(
        "\(describer.model)\t\(validation.correct) of \(validation.images) told right\t"
          + "\(validation.accuracy)\t\(low)…\(high)\tclassifier \(head.id)")
    }
  }
}

/// Folders of images, each a class.
struct LabelledFolders {
  /// The folders' names, ascending.
  let classes: [String]
  /// The images with the places of their classes.
  let images: [(image: URL, class: Int)]

  /// The classes with ids from 1.
  var labelClasses: [LabelClass] {
    classes.enumerated().map { LabelClass(UInt8($0.offset + 1), named: $0.element) }
  }

  init(in folder: String) throws {
    let all = try FileManager.default.contentsOfDirectory(
      at: URL(fileURLWithPath: folder, isDirectory: true),
      includingPropertiesForKeys: [.isDirectoryKey], options: .skipsHiddenFiles)
    let folders = all.filter {
      (try? $0.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true
    }.sorted { $0.lastPathComponent < $1.lastPathComponent }
    guard (2...Probe.mostClasses).contains(folders.count) else {
      throw ValidationError(
        "\(folder) has \(folders.count) folders; there are 2 to \(Probe.mostClasses) classes")
    }
    classes = folders.map(\.lastPathComponent)
    images = try folders.enumerated().flatMap { place, folder in
      let (images, others) = try imageFiles(in: folder.path)
      if !others.isEmpty {
        report("\(folder.lastPathComponent): no images, passed over: \(others.summary)")
      }
      return images.map { ($0, place) }
    }
  }
}
