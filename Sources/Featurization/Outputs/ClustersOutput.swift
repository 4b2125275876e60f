import Analysis
import Encoders
import Fields
import Imaging
import LinearAlgebra
import Scheduling
import Segmentation
import Tensors

/// `/clusters` and `output=clusters`: the pixels of a field in groups of like vectors.
package struct ClustersOutput: Output {
  package enum Readout: String, Sendable, Hashable, Encodable, CaseIterable {
    /// The id of each pixel's cluster, from 1, the largest first.
    case clusters
    /// The linear map whose largest row is a pixel's cluster, for `/project`.
    case centroids
  }

  package let readout: Readout
  package let options: ClusterOptions
  package var kind: OutputKind { readout == .clusters ? .clusters : .centroids }

  package func prepare(_ query: Query) async throws -> Rendering {
    let image = try await query.image(debias: options.debias)
    let picture = try await query.picture(of: image)
    let field = ClusteredField(record: query.record, image: image, picture: picture)
    let clustered = try await query.clusters(of: field, options)
    let bytes = Footprint.Bytes(
      making: ClusterLabels.bytes(of: [field], options), kept: picture.grey.count)
    return Rendering(bytes: bytes) { encoder throws(FeaturizationError) in
      if readout == .centroids { return encoder.map(clustered.clusters.readout) }
      let labels = try ClusterLabels(
        clustered, of: [field], options, workers: encoder.threads)
      var rendered =
        encoder.request.format == .json
        ? encoder.document(
          ClusterSummary(clustered, labels, of: [field], options), shape: [labels.classes.count])
        : try encoder.labels(labels.images[0], labels.classes, picture.source.pixelSize)
      rendered.notice = clustered.clusters.notice
      return rendered
    }
  }
}

extension Query {
  /// The clusters of a field, found once for all answers with the same options.
  func clusters(of field: ClusteredField, _ options: ClusterOptions) async throws
    -> ClusteredImages
  {
    // What is merged or cleaned up afterwards is of the same clusters.
    let particulars = canonical(options.withoutChanges)
    let name = DerivedName(
      ClusteredImages.self, of: record.name(of: "\(views?.done ?? 0) \(particulars)"), .pixel)
    let found: ClusteredImages = try await service.derived(name) { [service, owner, progress] in
      try await service.cancellably(options.bytes(of: [field]), owner) { shouldStop in
        let part = WorkPart(of: progress)
        return try options.withoutChanges.clustered(
          [field], workers: service.threads, shouldStop: shouldStop, report: part.reach)
      }
    }
    guard options.merge != .none else { return found }
    return try await service.inTurn(bytes: 8 * field.picture.grey.count, owner) {
      [threads = service.threads] in
      try options.grouped(found.clusters, of: [field], workers: threads)
    }
  }
}

extension PixelClusters {
  /// What a client should know that has not asked for it.
  var notice: String? {
    hasConverged
      ? nil : "k-means ended after \(iterations) iterations, before it had converged."
  }
}

extension OutputKind {
  package static let clusters = clusters(.clusters)
  package static let centroids = clusters(.centroids)

  private static func clusters(_ readout: ClustersOutput.Readout) -> OutputKind {
    let arrays = FeatureRequest.Format.arrays
    return OutputKind(
      readout.rawValue,
      formats: readout == .clusters
        ? [.png] + arrays + [.tiff, .json, .geojson, .coco, .zarr] : [.safetensors, .npz],
      parameters: readout == .clusters
        ? ClusterOptions.parameters : [.k, .seed, .iterations, .debias],
      ofAnyFormat: [.normalise]
    ) { options throws(ParameterError) in
      ClustersOutput(
        readout: readout,
        options: try ClusterOptions(options.given, options.card, ofSeveral: false))
    }
  }
}
