package import Encoders
package import Files
import Imaging
import LinearAlgebra
package import Scheduling
package import Segmentation

/// A field with the labels of some of its pixels.
struct LabelledField: Sendable {
  let record: FieldRecord
  let picture: FieldPicture
  /// `nil` where the field's vectors are not needed.
  let image: FieldImage?
  let named: NamedLabels
  /// Of the labels' file.
  let digest: Digest

  var labels: LabelImage { named.labels }
}

/// A label image's name, and the field whose pixels it labels; the image is kept at the field, or
/// among images.
package struct TrainingExample: Sendable, Hashable {
  package let field: Digest
  package let labels: Digest

  package init(field: Digest, labels: Digest) {
    (self.field, self.labels) = (field, labels)
  }
}

extension QueryService {
  /// Trains a classifier on kept fields and label images, and keeps it.
  ///
  /// Without `classes` they are those that the labels' files name, and the labels' ids. Equal labels give an equal classifier, in any
  /// order. So many `refits` leave out a share of the strokes each, where a class has several. `layer`
  /// takes these of the fields' layers, as a query does. Throws `ParameterError`, `FeaturizationError`,
  /// `JobError`, or `CancellationError` when the task is cancelled.
  package func train(
    _ training: SegmentationOutput.Training, on examples: [TrainingExample],
    classes: [LabelClass]?, refits: Int? = nil, layer: String? = nil,
    for owner: Owner = .anonymous
  ) async throws -> Classifier {
    let options = layer.map { [(Parameter.layer.rawValue, $0)] } ?? []
    var fields: [LabelledField] = []
    for example in examples {
      fields.append(try await labelled(example, options, for: training, owner))
    }
    if let first = fields.first {
      for other in fields.dropFirst() where training.features != .classical {
        let differences = other.record.differences(from: first.record)
        guard differences.isEmpty else { throw FeaturizationError.otherField(differences) }
      }
    }
    let classifier = try await train(
      training, on: fields, classes: classes, refits: refits, for: owner)
    _ = try await queue.run { [classifiers] in classifiers.keep(classifier) }
    return classifier
  }

  /// Trains a classifier on images and label images; nothing is kept but the classifier.
  ///
  /// Throws as the above.
  package func train(
    _ training: SegmentationOutput.Training, on examples: [(image: FieldSource, labels: [UInt8])],
    classes: [LabelClass]?, refits: Int? = nil, for owner: Owner = .anonymous,
    progress: WorkProgress = WorkProgress()
  ) async throws -> Classifier {
    var labelled: [LabelledField] = []
    for (image, labels) in examples {
      guard let card = fields.models.card(named: image.record.request.model) else {
        throw FeaturizationError.fieldGone(image.record.name)
      }
      let request = try fields.request(
        [], among: OutputKind.ofClassifiers, of: image.record, card: card)
      let query = Query(
        request, of: image, base: nil, QueryPayload(labels), for: owner, progress, by: self)
      labelled.append(try await query.labelled(for: training, classes: classes))
    }
    let classifier = try await train(
      training, on: labelled, classes: classes, refits: refits, for: owner)
    _ = try await queue.run { [classifiers] in classifiers.keep(classifier) }
    return classifier
  }

  /// Trains a classifier on fields; it ends between two passes once the task is cancelled.
  func train(
    _ training: SegmentationOutput.Training, on examples: [LabelledField], classes: [LabelClass]?,
    refits: Int? = nil, for owner: Owner
  ) async throws -> Classifier {
    let found = examples.map { $0.labels.counts }
    let ids = (1...254).filter { id in found.contains { $0[id] > 0 } }.map { UInt8($0) }
    let named = classes == nil ? try examples.namedClasses() : []
    guard classes != nil || !named.isEmpty || ids.count <= SegmentationOutput.mostUnnamed else {
      throw FeaturizationError.segmentation(
        .badClasses(
          reason:
            "the label images have \(ids.count) different values, as a photograph has; more than "
            + "\(SegmentationOutput.mostUnnamed) classes need names"))
    }
    let isNamed = Set(named.map(\.id))
    let classes =
      classes ?? named + ids.filter { !isNamed.contains($0) }.map { LabelClass.unnamed($0) }
    let labelled = ids.reduce(0) { sum, id in sum + found.reduce(0) { $0 + $1[Int(id)] } }
    let dim = training.features.set.dim(deep: examples.first?.image?.encoded.dim ?? 0)
    var options = TrainingSet.Options(features: training.features.set)
    if let limit = training.learner.rowLimit { options.rowLimit = limit }
    let rows = min(options.rowLimit, labelled)
    // Rows, their merged copies, probabilities, and the solver's matrix.
    let bytes =
      16 * rows * dim + 32 * dim * dim + (refits == nil ? 0 : 4 * threads.count * rows * dim)
      + (training.features == .auto ? FeatureChoice.bytes(dim: dim, threads: threads.count) : 0)
      + examples.reduce(0) {
        $0 + ($1.image?.bytesWhenRead ?? 0) + 4 * $1.picture.grey.count
      }
    return try await cancellably(bytes, owner) { [threads, options] shouldStop in
      try LabelClass.check(classes)
      let images = examples.map(\.trainingImage)
      var set = try TrainingSet(
        of: images, classes: classes, options: options, workers: threads, shouldStop: shouldStop)
      let shares = refits.flatMap { set.shares(of: images, count: $0) }
      var (provenance, c) = (Provenance(), training.c ?? LogisticRegression().c)
      provenance.options = examples.first?.record.comparableOptions ?? [:]
      provenance.debias = training.debias
      if training.features == .auto, let first = examples.first {
        let layers = first.record.request.encodeOptions.blocks
        let choice = try FeatureChoice(
          for: images, classes: classes, set: .scales42,
          usual: layers.indices.max { layers[$0] < layers[$1] }, workers: threads,
          shouldStop: shouldStop)
        let chosen = choice.candidate
        c = chosen.c
        set = set.restricted(to: chosen.features, parts: chosen.parts, of: images[0].parts)
        provenance.choice = Provenance.Choice(choice, of: layers)
        if chosen.features.isDeep {
          provenance.options["layer"] =
            FieldOptions.Layers(blocks: chosen.parts.map { layers[$0] }).description
        }
      }
      let model = try training.learner.fit(set, c: c, workers: threads, shouldStop: shouldStop)
      provenance.fit = training.learner.description(of: set, c: c, model)
      provenance.training = examples.map(\.provenance).sorted { $0.image < $1.image }
      let refits = try shares.flatMap {
        try Refits(
          of: set, shares: $0, from: model, c: c, workers: threads, shouldStop: shouldStop)
      }
      provenance.fit.heldOutAccuracy = refits.map {
        Dictionary(uniqueKeysWithValues: $0.accuracies.map { ("\($0)", $1) })
      }
      let classifier = try Classifier(
        model, of: set, classes: classes, provenance: provenance, refits: refits?.models ?? [])
      guard training.features == .auto, let first = examples.first else { return classifier }
      let fractions = try classifier.spread(over: first.record.request).shares(
        in: images, workers: threads, shouldStop: shouldStop)
      guard let fractions, let linear = model.linear else { return classifier }
      return classifier.shifted(
        to: fractions, by: fractions.shifts(for: linear, fittedTo: set))
    }
  }

  private func labelled(
    _ example: TrainingExample, _ options: [(name: String, value: String)],
    for training: SegmentationOutput.Training, _ owner: Owner
  ) async throws -> LabelledField {
    let base = try await fields.record(of: example.field)
    guard let card = fields.models.card(named: base.request.model) else {
      throw FeaturizationError.fieldGone(example.field)
    }
    let payload: QueryPayload
    let reservation: Reservation?
    if let kept = try await labelsIfKept(of: example.field), kept.digest == example.labels {
      (payload, reservation) = (QueryPayload(kept), nil)
    } else {
      let (bytes, held) = try await fields.images.bytes(of: example.labels, for: owner)
      (payload, reservation) = (QueryPayload(bytes), held)
    }
    defer { withExtendedLifetime(reservation) {} }
    let request = try fields.request(
      options, among: OutputKind.ofClassifiers, of: base, card: card)
    let record = base.with(request: request.field)
    let source = FieldSource(record: record, image: .kept(record.image), plan: nil)
    return try await Query(
      request, of: source, base: base, payload, for: owner, WorkProgress(), by: self
    ).labelled(for: training)
  }

  /// Work that is told to stop once the task is cancelled.
  func cancellably<Value: Sendable>(
    _ bytes: Int, _ owner: Owner,
    _ work: @escaping @Sendable (@escaping @Sendable () -> Bool) throws -> Value
  ) async throws -> Value {
    let progress = WorkProgress()
    return try await withTaskCancellationHandler {
      do {
        return try await inTurn(bytes: bytes, owner) { try work { progress.isCancelled } }
      } catch let error as SegmentationError {
        throw FeaturizationError.segmentation(error)
      }
    } onCancel: {
      progress.cancel()
    }
  }
}

extension LabelledField {
  fileprivate var trainingImage: TrainingImage {
    let layers = record.request.encodeOptions.blocks.count
    return TrainingImage(
      key: record.name.description, deep: image.map { [$0.features(.pixel)] } ?? [],
      parts: image.map { Array(repeating: $0.encoded.dim / layers, count: layers) } ?? [],
      grey: picture.levels, labels: labels, cell: record.request.encodeOptions.stride)
  }

  fileprivate var provenance: Provenance.Image {
    Provenance.Image(
      image: record.image.imageName, labels: digest.imageName, size: labels.size)
  }
}

extension [LabelledField] {
  /// The classes that the labels' files name, by their ids; empty where none does.
  ///
  /// Throws `FeaturizationError.segmentation` where two files differ.
  fileprivate func namedClasses() throws(FeaturizationError) -> [LabelClass] {
    var found: [LabelClass] = []
    for one in flatMap(\.named.classes) {
      let same = found.first { $0.id == one.id || $0.name == one.name }
      guard let same else {
        found.append(one)
        continue
      }
      guard same.id == one.id, same.name == one.name else {
        throw .segmentation(
          .badClasses(
            reason: "files of labels name the ids \(same.id) and \(one.id) differently; "
              + "named classes say which is which"))
      }
    }
    return found.sorted { $0.id < $1.id }
  }
}

extension FieldRecord {
  /// The comparable options that differ from another field's.
  func differences(from other: FieldRecord) -> [OptionDifference] {
    OptionDifference.all(comparableOptions, from: other.comparableOptions)
  }
}

extension OptionDifference {
  /// The wanted options that differ from those that were found, by name.
  static func all(_ found: [String: String], from wanted: [String: String]) -> [OptionDifference] {
    wanted.keys.sorted().compactMap { name in
      let (mine, other) = (found[name] ?? "nothing", wanted[name] ?? "nothing")
      return mine == other ? nil : OptionDifference(name: name, wanted: other, found: mine)
    }
  }
}

extension SegmentationOutput.Learner {
  /// Most labelled pixels that are fitted; `nil` for as many as `TrainingSet` takes.
  ///
  /// Of analysis, a preview, they bound the time; more change its intersection over union on
  /// micrographs by less than 0.006.
  var rowLimit: Int? { self == .lda ? 4096 : nil }

  fileprivate func fit(
    _ set: TrainingSet, c: Double, workers: ThreadPool,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> ClassifierModel {
    switch self {
    case .logistic:
      var regression = LogisticRegression()
      regression.c = c
      return .linear(try regression.fit(set, workers: workers, shouldStop: shouldStop))
    case .lda:
      let moments = ClassMoments(of: set, workers: workers)
      return .linear(try DiscriminantAnalysis().fit(moments, ids: set.ids))
    case .ridge:
      let moments = ClassMoments(of: set, workers: workers)
      return .linear(try RidgeRegression().fit(moments, ids: set.ids))
    case .forest:
      return .trees(try ForestTraining().fit(set, workers: workers, shouldStop: shouldStop))
    }
  }

  fileprivate func description(
    of set: TrainingSet, c: Double, _ model: ClassifierModel
  ) -> Provenance.Fit {
    var fit = Provenance.Fit()
    fit.strength =
      switch self {
      case .logistic: c
      case .lda: DiscriminantAnalysis().shrinkage
      case .ridge: RidgeRegression().alpha
      case .forest: Double(ForestTraining().trees)
      }
    fit.rows = set.count
    fit.labelled = Dictionary(
      uniqueKeysWithValues: zip(set.ids, set.labelled).map { ("\($0)", $1) })
    fit.isCapped = set.isCapped
    if let model = model.linear {
      fit.certificate = model.certificate
      fit.hasConverged = model.hasConverged
    }
    return fit
  }
}
