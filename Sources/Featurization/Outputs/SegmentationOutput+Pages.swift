import Files
import Imaging
import Segmentation
import Tensors

/// The classes of several pages, as a kept classifier tells them: a TIFF of a picture for each, or
/// an array `[pages, height, width]`.
extension SegmentationOutput {
  package func prepare(_ pages: PagesQuery) throws(FeaturizationError) -> PagesRendering {
    guard let classifier else { throw .noLabels }
    let whole = pages.size(of: .pixel)
    let area = whole.width * whole.height
    return PagesRendering(bytes: pages.pageBytes + 3 * pages.pages.count * area) { encoder in
      var ids: [[UInt8]] = []
      var classes: [LabelClass] = []
      for page in pages.pages {
        let found = try await pages.whenThereIsRoom(for: page) {
          try await labels(of: pages.query(page), classifier, encoder)
        }
        ids.append(found.labels.ids)
        classes = found.classes
      }
      var encoder = encoder
      encoder.resolution = TIFFResolution(
        pages.survey.source.pixelSize, grid, of: pages.survey.request)
      let size = whole.taken(every: step ?? 1)
      var rendered = encoder.labels(ofPages: ids, size, classes)
      rendered.classifier = classifier
      return rendered
    }
  }

  private func labels(
    of query: Query, _ id: Digest, _ encoder: OutputEncoder
  ) async throws -> (labels: LabelImage, classes: [LabelClass]) {
    let classifier = try await query.classifier(id)
    let image = try await query.image(for: classifier)
    let picture = try await query.picture(of: image)
    let bytes = SegmentedImage.bytes(of: picture, image, classifier, clean)
    let labels = try await query.service.cancellably(bytes, query.owner) { shouldStop in
      try SegmentedImage.labels(
        classifier, of: picture, image, clean, step: step ?? 1, workers: encoder.threads,
        shouldStop: shouldStop)
    }
    return (labels, classifier.classes)
  }
}
