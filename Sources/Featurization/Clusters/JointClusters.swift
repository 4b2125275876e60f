import Analysis
package import Encoders
package import Files
import Imaging
import LinearAlgebra
package import Scheduling
import Segmentation
import Tensors

/// Clusters of several fields' pixels together.
package struct JointClusters: Sendable, Encodable {
  package enum Format: String, Sendable, Hashable, Encodable, CaseIterable {
    /// An archive of a picture for each field.
    case png, tiff
    /// The summary alone.
    case json
  }

  let options: ClusterOptions
  let format: Format
  /// The share of the inertia of one cluster less above which one more does not help; `nil` where the
  /// number of clusters is given.
  let elbow: Double?
  /// Whether it is told which clusters the class token attends to.
  let isSalient: Bool
  /// The parts of these; `nil` for none.
  let parts: Parts?

  /// The most fields of one request.
  package static let mostFields = 1000
  /// The most clusters among which an elbow is looked for, unless that is given.
  package static let usualMost = 14
  /// Where in the archive the parts' label images are.
  package static let folderOfParts = "parts"
}

extension QueryService {
  /// What is answered for clusters of several fields: files with their names.
  package struct JointAnswer: Sendable {
    /// The digest of all that it was made of.
    package let name: Digest
    /// The summary first.
    package let files: [(name: String, bytes: [UInt8])]
    package let notice: String?
    /// What was looked at of the first image.
    let source: SourceDescription

    /// `zip` of the files, or `json` where the summary is all.
    package var format: FeatureRequest.Format { files.count == 1 ? .json : .zip }

    package var bytes: [UInt8] {
      files.count == 1 ? files[0].bytes : ZIPFrame.archive(of: files)
    }

    /// The same as an answer that is kept, about the first of its fields.
    package func answer(about record: FieldRecord) -> Answer {
      var source = source
      source.note(notice)
      return Answer(
        name: name, field: record.name, model: record.request.model,
        precision: record.request.encodeOptions.precision.rawValue, shape: [files.count],
        format: format, source: source, timings: [], body: .whole(bytes))
    }
  }

  /// The name of what is answered for clusters of several fields, before any is made.
  package func name(of joint: JointClusters, in sources: [FieldSource]) -> Digest {
    let text = canonical(joint) + sources.map { $0.record.name.description }.joined()
    return SHA256.digest(of: Array(text.utf8))
  }

  /// Clusters of the pixels of fields that were made with the same options.
  ///
  /// They are found once for all formats, merges and clean-ups. `names` are what files of fields are called; without them they have the fields' ids. Throws
  /// `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  package func clusters(
    of sources: [FieldSource], isKept: Bool, _ joint: JointClusters, names: [String]? = nil,
    for owner: Owner = .anonymous, progress: WorkProgress = WorkProgress()
  ) async throws -> JointAnswer {
    try await underWay.during(owner, progress) {
      try await made(of: sources, isKept: isKept, joint, names: names, for: owner, progress)
    }
  }

  private func made(
    of sources: [FieldSource], isKept: Bool, _ joint: JointClusters, names: [String]?,
    for owner: Owner, _ progress: WorkProgress
  ) async throws -> JointAnswer {
    var fields: [ClusteredField] = []
    if let first = sources.first?.record {
      for other in sources.dropFirst() {
        let differences = other.record.differences(from: first)
        guard differences.isEmpty else { throw FeaturizationError.unlikeFields(differences) }
      }
    }
    for source in sources {
      guard let card = self.fields.models.card(named: source.record.request.model) else {
        throw FeaturizationError.fieldGone(source.record.name)
      }
      let request = try self.fields.request(
        [], among: OutputKind.ofClusters, of: source.record, card: card)
      let query = Query(
        request, of: source, base: isKept ? source.record : nil, nil, for: owner, progress,
        by: self)
      let image = try await query.image(debias: joint.options.debias)
      fields.append(
        ClusteredField(
          record: source.record, image: image, picture: try await query.picture(of: image)))
    }
    let answer = name(of: joint, in: sources)
    let plain = joint.withoutChanges
    let derivedName = DerivedName(
      JointClusters.Chosen.self, of: name(of: plain, in: sources), .pixel)
    let found: JointClusters.Chosen = try await derived(derivedName) { [fields, threads] in
      try await self.cancellably(plain.options.bytes(of: fields), owner) { shouldStop in
        try plain.chosen(fields, workers: threads, progress, shouldStop: shouldStop)
      }
    }
    let held =
      joint.options.bytes(of: fields) + ClusterLabels.bytes(of: fields, joint.options)
      + (joint.parts.map { ClusterParts.bytes($0, of: fields, joint.options) } ?? 0)
    return try await cancellably(held, owner) { [fields, threads] shouldStop in
      let chosen = try found.changed(as: joint.options, fields, workers: threads)
      let labels = try ClusterLabels(chosen.clustered, of: fields, chosen.options, workers: threads)
      var summary = ClusterSummary(chosen.clustered, labels, of: fields, chosen.options)
      summary.elbow = chosen.inertias
      var parts: ClusterParts?
      if joint.isSalient {
        let salient = SalientClusters(labels, of: fields, workers: threads)
        summary.note(salient, of: fields)
        if let number = joint.parts {
          let part = WorkPart(of: progress)
          let found = try ClusterParts(
            number, of: salient.ids, labels, chosen.clustered, of: fields, chosen.options,
            workers: threads, shouldStop: shouldStop, report: part.reach)
          summary.note(found, of: fields)
          parts = found
        }
      }
      let document = Array(canonical(summary).utf8) + [UInt8(ascii: "\n")]
      return JointAnswer(
        name: answer,
        files: try [("clusters.json", document)]
          + (joint.format == .json
            ? []
            : self.files(
              labels, parts, fields, chosen, joint.format,
              names ?? fields.map { $0.record.name.description })),
        notice: chosen.clustered.clusters.notice ?? parts?.clusters.notice,
        source: fields[0].picture.source)
    }
  }

  /// The label images, and the linear map where there is one.
  private func files(
    _ labels: ClusterLabels, _ parts: ClusterParts?, _ fields: [ClusteredField],
    _ chosen: JointClusters.Chosen,
    _ format: JointClusters.Format, _ names: [String]
  ) throws -> [(name: String, bytes: [UInt8])] {
    var files: [(name: String, bytes: [UInt8])] = []
    // A map has one constant for all images.
    if chosen.options.areLinear, !chosen.options.isCentred {
      files.append(("centroids.safetensors", chosen.clustered.clusters.file))
    }
    func file(_ image: LabelImage, _ classes: [LabelClass], of field: ClusteredField) throws
      -> [UInt8]
    {
      format == .png
        ? try image.png(classes)
        : classes.tiff(
          of: [image.ids], image.size,
          TIFFResolution(field.picture.source.pixelSize, .pixel, of: field.record.request))
    }
    for (index, field) in fields.enumerated() {
      let name = "\(names[index]).\(format.rawValue)"
      files.append((name, try file(labels.images[index], labels.classes, of: field)))
      guard let parts else { continue }
      files.append(
        (
          "\(JointClusters.folderOfParts)/\(name)",
          try file(parts.images[index], parts.classes, of: field)
        ))
    }
    return files
  }
}

extension JointClusters {
  /// The same before clusters are merged, cleaned up and written.
  var withoutChanges: JointClusters {
    JointClusters(
      options: options.withoutChanges, format: .json, elbow: elbow, isSalient: false, parts: nil)
  }

  /// Clusters whose number was given or found.
  struct Chosen: DerivedValue {
    let options: ClusterOptions
    let clustered: ClusteredImages
    /// The inertia of one cluster, of two and so on; `nil` where the number was given.
    let inertias: [Double]?

    var bytes: Int { clustered.bytes }

    /// The same clusters, merged, to be cleaned up.
    fileprivate func changed(
      as options: ClusterOptions, _ fields: [ClusteredField], workers: ThreadPool
    ) throws -> Chosen {
      let options = options.with(clusters: self.options.clusters)
      return Chosen(
        options: options,
        clustered: options.merge == .none
          ? clustered : try options.grouped(clustered.clusters, of: fields, workers: workers),
        inertias: inertias)
    }
  }

  fileprivate func chosen(
    _ fields: [ClusteredField], workers: ThreadPool, _ progress: WorkProgress,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> Chosen {
    let part = WorkPart(of: progress)
    guard let elbow else {
      return Chosen(
        options: options,
        clustered: try options.clustered(
          fields, workers: workers, shouldStop: shouldStop, report: part.reach),
        inertias: nil)
    }
    var found: [ClusteredImages] = []
    let (clusters, inertias) = try Cosegmentation.elbow(elbow, atMost: options.clusters) { k in
      found = [
        try options.with(clusters: k).clustered(
          fields, workers: workers, shouldStop: shouldStop,
          report: { part.reach((Double(k - 1) + $0) / Double(options.clusters)) })
      ]
      return found[0].clusters.inertia
    }
    part.reach(1)
    return Chosen(
      options: options.with(clusters: clusters), clustered: found[0], inertias: inertias)
  }
}

extension PixelClusters {
  /// The linear map that finds the clusters in other fields, a safetensors file.
  fileprivate var file: [UInt8] {
    let map = readout
    let bias = Matrix(rows: 1, columns: map.bias.count, map.bias)
    let parts: [(outline: ArrayOutline, values: MatrixView)] = [
      (
        ArrayOutline(
          name: "weight", shape: [map.weight.rows, map.weight.columns], type: .float32),
        map.weight.all
      ), (ArrayOutline(name: "bias", shape: [map.bias.count], type: .float32), bias.all),
    ]
    var writer = ArrayWriter(parts.map(\.outline), as: .safetensors)
    var file: [UInt8] = []
    for part in parts {
      file += writer.begin()
      var elements: [UInt8] = []
      part.values.appendFloats(to: &elements)
      writer.pass(elements)
      file += elements
    }
    return file + writer.end()
  }
}
