import API
import ArgumentParser
import Featurization
import Files
import Foundation
import ImageCodecs
import Segmentation

/// `eyepiece train`: a classifier of images' pixels from label images.
struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a classifier on images and label images.",
    discussion: """
      Labels are pictures of the image's size, or npy arrays, whose values or palette indices are \
      classes from 1 to 254; 0 is unlabelled, 255 is left out. Or they are annotations in GeoJSON as \
      QuPath exports them: a class is found by its name among those that --class names. For a.tif \
      the folder of labels holds a.png, a.tif, a.npy or a.geojson. Equal labels give an equal classifier, in any order of the images.

      With --import the classifier's trees come from another program, which grew them on the features \
      of pixels: a random forest of scikit-learn's in a file of skops', or an XGBoost model in JSON or \
      UBJSON. The image tells for which fields it is.
      """)

  @Argument(help: "Images: \(ImageFormat.names).") var images: [String]
  @Option(help: "A folder of label images of the images' names, or the labels of the only image.")
  var labels: String?
  @Option(
    name: .customLong("import"),
    help: "A model's file of scikit-learn's or XGBoost's, without labels.")
  var imported: String?
  @Option(name: [.customShort("o"), .long], help: "The classifier's file, safetensors.")
  var output: String
  @Option(
    name: .customLong("class"),
    help: "A class's name, and its colour: 1=matrix or 1=matrix,#d55e00; for each class one.")
  var named: [NamedClass] = []

  @Option(
    help: """
      Fits without a share of the strokes each, from which segment --measure tells the \
      segmentation's error; 0 for none.
      """)
  var refits = 10

  @OptionGroup(title: "What to train") var options: TrainingFlags
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func validate() throws {
    guard (labels == nil) != (imported == nil) else {
      throw ValidationError("Either --labels or --import says what is learnt")
    }
    guard imported == nil || images.count == 1 else {
      throw ValidationError("With --import one image tells how the fields are made")
    }
    guard refits == 0 || Refits.counts.contains(refits) else {
      throw ValidationError(
        "--refits is 0, or from \(Refits.counts.lowerBound) to \(Refits.counts.upperBound)")
    }
  }

  func run() async throws {
    let settings = try await flags.settings()
    let parts = try Composition(settings, keeping: .nowhere)
    let request: FeatureRequest
    do {
      request = try parts.services.fields.request(
        completed(options.given, parts.services), among: OutputKind.ofClassifiers)
    } catch {
      throw ValidationError(Problem(error).detail)
    }
    guard let segmentation = request.output as? SegmentationOutput else {
      preconditionFailure("\(request.kind.name) trains nothing")
    }
    let classifier: Classifier
    do {
      classifier =
        if let imported {
          try await adopted(imported, segmentation, request.field, parts, settings)
        } else {
          try await trained(segmentation, request.field, parts, settings)
        }
    } catch let error as ValidationError {
      throw error
    } catch {
      report(words(for: error))
      throw ExitCode.failure
    }
    let file = try AtomicFile(replacing: output)
    try file.write(classifier.file)
    try file.publish()
    let fit = classifier.provenance.fit
    for one in classifier.classes {
      print("\(one.id)\t\(one.name)\t\(fit.labelled["\(one.id)"] ?? 0) labelled pixels")
    }
    print("\(output)\t\(classifier.id)")
  }

  /// The options with those that are usual: features are chosen, among the layers that are best
  /// offered.
  private func completed(
    _ given: [(name: String, value: String)], _ services: Services
  ) -> [(name: String, value: String)] {
    guard imported == nil else { return given }
    func value(_ parameter: Parameter) -> String? {
      given.first { $0.name == parameter.rawValue }?.value
    }
    let isChosen =
      [.features, .c, .debias].allSatisfy { value($0) == nil }
      && [nil, "logistic"].contains(value(.kind))
    let options = isChosen ? given + [(Parameter.features.rawValue, "auto")] : given
    return value(.features) == "classical" ? options : services.forSegmentation(options)
  }

  private func trained(
    _ segmentation: SegmentationOutput, _ field: FieldRequest, _ parts: Composition,
    _ settings: Settings
  ) async throws -> Classifier {
    let limit = settings.bodyBytes
    var examples: [(image: FieldSource, labels: [UInt8])] = []
    for image in images {
      let file = try labelFile(of: image)
      let source = try await parts.services.fields.source(
        .bytes(bytes(ofFile: image, atMost: limit)), field)
      examples.append((source, try bytes(ofFile: file, atMost: limit)))
    }
    let classes = try classes(examples, limit: settings)
    return try await withProgress("training") { [examples] progress in
      try await parts.services.queries.train(
        segmentation.training, on: examples, classes: classes,
        refits: refits == 0 ? nil : refits, progress: progress)
    }
  }

  private func adopted(
    _ file: String, _ segmentation: SegmentationOutput, _ field: FieldRequest,
    _ parts: Composition, _ settings: Settings
  ) async throws -> Classifier {
    let model = try ImportedModel(file: bytes(ofFile: file, atMost: ImportedModel.longest))
    let source = try await parts.services.fields.source(
      .bytes(bytes(ofFile: images[0], atMost: settings.bodyBytes)), field)
    return try parts.services.queries.classifier(
      model, segmentation.training, for: source,
      classes: named.isEmpty ? nil : named.map(\.value))
  }

  /// The named classes, and those that labels have beside them; `nil` where none is named.
  private func classes(
    _ examples: [(image: FieldSource, labels: [UInt8])], limit settings: Settings
  ) throws -> [LabelClass]? {
    guard !named.isEmpty else { return nil }
    var classes = named.map(\.value)
    for example in examples {
      let found = try NamedLabels.classes(
        inFile: example.labels, among: named.map(\.value), limits: settings.featurization.decoding)
      for one in found where !classes.contains(where: { $0.id == one.id }) { classes.append(one) }
    }
    return classes
  }

  private func labelFile(of image: String) throws -> String {
    let labels = self.labels ?? ""
    let place = URL(fileURLWithPath: labels)
    guard let kind = try? place.resourceValues(forKeys: [.isDirectoryKey]) else {
      throw ValidationError("There is no \(labels)")
    }
    guard kind.isDirectory == true else {
      guard images.count == 1 else {
        throw ValidationError("Several images need a folder of labels; \(labels) is a file")
      }
      return labels
    }
    let stem = URL(fileURLWithPath: image).deletingPathExtension().lastPathComponent
    let folder = URL(fileURLWithPath: labels, isDirectory: true)
    let found = ["png", "tif", "tiff", "npy", "geojson"].map {
      folder.appending(path: "\(stem).\($0)").path
    }
    .filter { FileManager.default.fileExists(atPath: $0) }
    guard found.count == 1 else {
      throw ValidationError(
        found.isEmpty
          ? "\(labels) has no labels of \(image): \(stem).png, .tif, .npy or .geojson"
          : "\(labels) has several labels of \(image): \(found.summary)")
    }
    return found[0]
  }
}

/// A class as a flag names it: `id=name` or `id=name,#rrggbb`.
struct NamedClass: ExpressibleByArgument {
  let value: LabelClass

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let id = UInt8(parts[0]) else { return nil }
    var (name, color) = (String(parts[1]), LabelClass.unnamed(id).color)
    if let comma = name.lastIndex(of: ","),
      let given = LabelClass.Color(String(name[name.index(after: comma)...]))
    {
      (name, color) = (String(name[..<comma]), given)
    }
    value = LabelClass(id: id, name: name, color: color)
    guard (try? LabelClass.check([value])) != nil else { return nil }
  }
}
