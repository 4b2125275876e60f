import Encoders
import Fields
package import Files
import Imaging
package import LinearAlgebra
import Rendering
import Segmentation
import Tensors

/// `/segmentation`: the classes of a field's pixels, as a classifier tells them that is trained on a
/// posted label image or was kept.
package struct SegmentationOutput: Output {
  package enum Readout: String, Sendable, Hashable, Encodable, CaseIterable {
    /// The id of the likeliest class.
    case labels
    /// How likely each class is, `[height, width, classes]`, the classes in the order of their ids.
    case probabilities
    /// How unsure each pixel is of its class, 0…1.
    case uncertainty
    /// The grey picture under the classes' colours.
    case overlay
  }

  package enum Features: String, Sendable, Hashable, Codable, CaseIterable {
    case hybrid
    case deep
    case classical
    /// The best of these for the labels, and the best of the field's layers and of C.
    case auto

    /// What is sampled; of `auto` it is chosen from.
    var set: FeatureSet {
      switch self {
      case .hybrid, .auto: .hybrid(.scales42)
      case .deep: .deep
      case .classical: .classical(.scales42)
      }
    }

    /// The usual C of logistic regression; `nil` where it is chosen.
    ///
    /// Source: measurements on micrographs with full truth.
    package var usualC: Double? {
      switch self {
      case .deep: 1
      case .hybrid, .classical: 0.1
      case .auto: nil
      }
    }
  }

  package enum Learner: String, Sendable, Hashable, Codable, CaseIterable {
    case logistic
    case lda
    case ridge
    /// 200 trees: a random forest.
    case forest
  }

  /// How a classifier is trained.
  package struct Training: Sendable, Hashable, Encodable {
    package let features: Features
    package let learner: Learner
    /// Of logistic regression; `nil` where it is chosen.
    package let c: Double?
    /// The directions of position that are removed from vectors; `nil` for none.
    package let debias: Int?

    /// Throws where what is chosen is given, or cannot be.
    package init(
      features: Features, learner: Learner, c: Double?, debias: Int? = nil
    ) throws(ParameterError) {
      if let debias, !(0...PositionBasis.most).contains(debias) {
        throw .invalid(.debias, value: "\(debias)")
      }
      self.debias = debias == 0 ? nil : debias
      // Layers that are chosen have directions of their own; classical features have none.
      if self.debias != nil, features == .auto || features == .classical {
        throw .conflict(.debias, .features)
      }
      if c != nil, learner != .logistic { throw .conflict(.c, .kind) }
      if features == .auto {
        guard learner == .logistic else { throw .conflict(.kind, .features) }
        guard c == nil else { throw .conflict(.c, .features) }
      }
      (self.features, self.learner) = (features, learner)
      self.c = c ?? features.usualC
    }
  }

  package static let mostStep = 16
  /// Most classes that need no names.
  static let mostUnnamed = 64

  package let readout: Readout
  /// The classifier that was kept; `nil` where one is trained.
  package let classifier: Digest?
  package let training: Training
  package let clean: Cleanup
  /// Of `labels`: every such pixel of every such row, from the first; `nil` for all.
  package let step: Int?
  /// Of `uncertainty`.
  package let uncertainty: ScoreKernels.Uncertainty
  /// Of `probabilities`.
  package let depth: ProbabilityFormat
  package var kind: OutputKind {
    switch readout {
    case .labels: .segmentLabels
    case .probabilities: .segmentProbabilities
    case .uncertainty: .segmentUncertainty
    case .overlay: .segmentOverlay
    }
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let classifier: Classifier
    var leftOut = 0
    if let id = self.classifier {
      guard query.payload == nil else { throw FeaturizationError.labelsAndClassifier }
      classifier = try await query.classifier(id)
    } else {
      guard query.payload != nil else { throw FeaturizationError.noLabels }
      let labelled = try await query.labelled(for: training)
      leftOut = labelled.labels.counts[255]
      classifier = try await query.service.train(
        training, on: [labelled], classes: nil, for: query.owner)
    }
    if readout == .probabilities || readout == .uncertainty, !classifier.model.hasProbabilities {
      throw FeaturizationError.segmentation(.noProbabilities(kind: classifier.model.kind))
    }
    // The picture alone suffices for classical features: it is there long before the encoder ends.
    let image = try await query.image(for: classifier)
    let picture = try await query.picture(of: image)
    // What a part of the views taught is no one's to keep.
    let id = query.isPartial ? self.classifier : try await query.keep(classifier)
    let kept = 4 * picture.grey.count * classifier.ids.count
    let bytes = Footprint.Bytes(
      making: SegmentedImage.bytes(of: picture, image, classifier, clean), kept: kept)
    return Rendering(bytes: bytes) { [leftOut] encoder in
      var rendered = try render(classifier, picture, image, encoder)
      rendered.classifier = id
      let notices = [
        classifier.choiceNotice,
        leftOut > 0 ? "255 is no class: \(leftOut) labelled pixels were left out." : nil,
      ].compactMap { $0 }
      rendered.notice = notices.isEmpty ? nil : notices.joined(separator: " ")
      return rendered
    }
  }

  private func render(
    _ classifier: Classifier, _ picture: FieldPicture, _ image: FieldImage?,
    _ encoder: OutputEncoder
  ) throws -> RenderedOutput {
    let (threads, shouldStop) = (encoder.threads, encoder.shouldStop)
    switch readout {
    case .labels:
      let labels = try SegmentedImage.labels(
        classifier, of: picture, image, clean, step: step ?? 1, workers: threads,
        shouldStop: shouldStop)
      return try encoder.labels(labels, classifier.classes, picture.source.pixelSize)
    case .overlay:
      let labels = try SegmentedImage.labels(
        classifier, of: picture, image, clean, workers: threads, shouldStop: shouldStop)
      return try encoder.picture(
        Raster(labels.ids, over: picture.grey, size: labels.size, classifier.classes), of: .all)
    case .uncertainty:
      let probabilities = try probabilities(classifier, picture, image, encoder)
      let values = probabilities.uncertainty(uncertainty, workers: threads)
      return try encoder.levels(values, of: probabilities.size, .float32)
    case .probabilities:
      let probabilities = try probabilities(classifier, picture, image, encoder)
      return encoder.interleaved(probabilities.planes, probabilities.size, depth)
    }
  }

  private func probabilities(
    _ classifier: Classifier, _ picture: FieldPicture, _ image: FieldImage?,
    _ encoder: OutputEncoder
  ) throws -> Probabilities {
    try SegmentedImage(
      classifier, of: picture, image, clean, workers: encoder.threads,
      shouldStop: encoder.shouldStop
    ).probabilities
  }
}

/// The numbers that probabilities are written as.
package enum ProbabilityFormat: String, Sendable, Hashable, Codable, CaseIterable {
  case float32, float16
  /// `⌊255 · p + ½⌋`.
  case uint8

  var element: ElementType {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .uint8: .uint8
    }
  }

  func append(_ block: MatrixView, to bytes: inout [UInt8]) {
    switch self {
    case .float32: FloatFormat.float32.append(block, to: &bytes)
    case .float16: FloatFormat.float16.append(block, to: &bytes)
    case .uint8: bytes += ScoreKernels.current.bytes(of: block)
    }
  }
}

extension FieldPicture {
  /// The picture that classical features are made of.
  var levels: GreyPicture { GreyPicture(size: size, bytes: grey) }
}

extension Raster {
  /// Grey levels half covered by the colours of classes, uint8, `[height, width, 3]`.
  fileprivate init(_ ids: [UInt8], over grey: [UInt8], size: Size, _ classes: [LabelClass]) {
    var colours = [[UInt8]](repeating: [0, 0, 0], count: 256)
    for one in classes {
      colours[Int(one.id)] = [one.color.red, one.color.green, one.color.blue]
    }
    var samples: [UInt8] = []
    samples.reserveCapacity(3 * ids.count)
    for (place, id) in ids.enumerated() {
      for channel in 0..<3 {
        samples.append(UInt8((UInt16(grey[place]) + UInt16(colours[Int(id)][channel])) / 2))
      }
    }
    self.init(size: size, channels: 3, samples: .uint8(samples))
  }
}

extension OutputKind {
  package static let segmentLabels = segmentation(.labels)
  package static let segmentProbabilities = segmentation(.probabilities)
  package static let segmentUncertainty = segmentation(.uncertainty)
  package static let segmentOverlay = segmentation(.overlay)

  private static func segmentation(_ readout: SegmentationOutput.Readout) -> OutputKind {
    let arrays = FeatureRequest.Format.arrays
    let formats: [FeatureRequest.Format] =
      switch readout {
      case .labels: [.png] + arrays + [.tiff, .geojson, .coco, .zarr]
      case .uncertainty: [.png] + arrays
      case .probabilities: arrays + [.tiff]
      case .overlay: [.png]
      }
    let own: [Parameter] =
      switch readout {
      case .labels: [.step]
      case .overlay: []
      case .uncertainty: [.uncertainty]
      case .probabilities: [.dtype]
      }
    return OutputKind(
      readout.rawValue, id: "segmentation-\(readout.rawValue)", formats: formats,
      parameters: [.classifier, .features, .kind, .c, .clean, .debias] + own,
      ofPages: readout == .labels ? [.tiff] + arrays : []
    ) { options throws(ParameterError) in
      let given = options.given
      let classifier = try given.value(.classifier) { Digest(hex: $0) }
      for parameter in [Parameter.features, .kind, .c, .debias]
      where classifier != nil && given.has(parameter) {
        throw .conflict(.classifier, parameter)
      }
      let features = try given.choice(.features, SegmentationOutput.Features.hybrid)
      let learner = try given.choice(.kind, SegmentationOutput.Learner.logistic)
      let c = try given.value(.c) { text in
        Double(text).flatMap { LogisticRegression.bounds.contains($0) ? $0 : nil }
      }
      let clean = try given.value(.clean, .none) { Cleanup($0) }
      if clean.changesClassesAlone, readout == .probabilities || readout == .uncertainty {
        throw .conflict(.clean, .output)
      }
      return SegmentationOutput(
        readout: readout, classifier: classifier,
        training: try SegmentationOutput.Training(
          features: features, learner: learner, c: c, debias: try PositionBasis.removed(given)),
        clean: clean,
        step: try given.number(.step, in: 1...SegmentationOutput.mostStep).flatMap {
          $0 > 1 ? $0 : nil
        },
        uncertainty: try given.choice(.uncertainty, .margin),
        depth: try given.choice(.dtype, .float32))
    }
  }
}
