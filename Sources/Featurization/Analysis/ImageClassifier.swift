import Encoders
package import Analysis
package import LinearAlgebra
package import Segmentation

/// A linear classifier of whole images, by one vector of each: a model's head that stands alone.
package struct ImageClassifier: Sendable {
  /// What is known of it beside its numbers.
  package struct Description: Sendable, Hashable, Codable {
    /// An image that it learnt from, and the id of its class.
    package struct Example: Sendable, Hashable, Codable {
      package let image: String
      package let `class`: UInt8

      package init(image: String, class id: UInt8) { (self.image, self.class) = (image, id) }
    }

    /// Those that have images, in the order of their ids.
    package var classes: [LabelClass]
    package let descriptor: DescriptorKind
    /// The options of the fields, of their first view alone.
    package let options: [String: String]
    /// The inverse strength of the ridge.
    package let c: Double
    /// A bound on the distance of the weights to the optimum.
    package let certificate: Double
    package let hasConverged: Bool
    /// In the order of the images' names.
    package let training: [Example]
  }

  package let description: Description
  /// `[classes, dim]`.
  package let weights: Matrix
  /// `[classes]`.
  package let constants: [Float]

  init(_ description: Description, weights: Matrix, constants: [Float]) {
    precondition(
      weights.rows == constants.count && weights.rows == description.classes.count,
      "\(weights.rows) rows and \(constants.count) constants")
    (self.description, self.weights, self.constants) = (description, weights, constants)
  }

  package var dim: Int { weights.columns }

  /// The logits of an image's vector, `[classes]`.
  package func logits(of vector: [Float]) -> [Float] {
    ScoreKernels.current.products(
      Matrix(rows: 1, columns: vector.count, vector).all, by: weights.values.map { Double($0) },
      bias: constants.map { Double($0) }
    ).map { Float($0) }
  }
}

extension ImageClassifier {
  /// A classifier with what a client is told of its training.
  package struct Trained: Sendable {
    package let classifier: ImageClassifier
    /// How well images are told that were held out; `nil` where a class has one image alone.
    package let validation: CrossValidation?
  }

  /// Learns from images' descriptors; equal images give an equal classifier in any order.
  ///
  /// `images` are descriptors of fields of one kind with the ids of their classes. Throws
  /// `SegmentationError`, or `CancellationError` once it should stop.
  package static func trained(
    on images: [(descriptors: FieldDescriptors, class: UInt8)], classes: [LabelClass],
    by descriptor: DescriptorKind, c: Double, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> Trained {
    try LabelClass.check(classes)
    let unknown = Set(images.map(\.class)).subtracting(classes.map(\.id)).sorted()
    guard unknown.isEmpty else { throw SegmentationError.unknownLabels(unknown) }
    let ids = Set(images.map(\.class)).sorted()
    guard ids.count > 1 else { throw SegmentationError.tooFewClasses(labelled: ids) }
    let ordered = images.sorted {
      ($0.descriptors.record.image.imageName, $0.class)
        < ($1.descriptors.record.image.imageName, $1.class)
    }
    let rows = ordered.map { $0.descriptors[descriptor] }
    let probe = Probe(
      rows: Matrix(rows: rows.count, columns: rows[0].count, rows.flatMap { $0 }),
      classes: ordered.map { image in ids.firstIndex(of: image.class) ?? 0 }, count: ids.count,
      c: c)
    let head = try probe.fit(workers: workers, shouldStop: shouldStop)
    let validation =
      probe.sizes.allSatisfy { $0 >= Probe.leastImages }
      ? try CrossValidation(of: probe, workers: workers, shouldStop: shouldStop) : nil
    let description = Description(
      classes: classes.filter { ids.contains($0.id) }.sorted { $0.id < $1.id },
      descriptor: descriptor, options: ordered[0].descriptors.comparableOptions, c: c,
      certificate: head.certificate, hasConverged: head.hasConverged,
      training: ordered.map {
        Description.Example(image: $0.descriptors.record.image.imageName, class: $0.class)
      })
    let classifier = ImageClassifier(
      description,
      weights: Matrix(
        rows: ids.count, columns: rows[0].count, head.weights.map { Float($0) }),
      constants: head.constants.map { Float($0) })
    return Trained(classifier: classifier, validation: validation)
  }
}

extension FieldDescriptors {
  /// The options that make its vectors comparable with another image's, by name.
  var comparableOptions: [String: String] {
    record.with(request: record.request.identityAlone).comparableOptions
  }
}
