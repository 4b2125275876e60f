package import ImageCodecs
import Imaging
import Rendering
import Segmentation

/// Measurements of a file of labels, without the image that they belong to.
package struct LabelMeasurements {
  private let name: String
  private let labels: LabelImage
  private let pixel: PixelSize?

  /// Reads a label image; its own pixel size holds where none is given.
  ///
  /// Throws `FeaturizationError.payload`.
  package init(
    _ file: [UInt8], name: String, micrometres: Double?, limits: DecodingLimits
  ) throws(FeaturizationError) {
    do throws(PayloadError) {
      let (header, labels) = try LabelImage.read(file, limits: limits)
      self.labels = labels
      pixel =
        micrometres.flatMap { PixelSize(width: 1e-6 * $0, height: 1e-6 * $0) } ?? header.pixelSize
    } catch {
      throw .payload(error)
    }
    self.name = name
  }

  /// The table; throws `FeaturizationError.tooManyObjects`.
  package func csv(
    of quantity: MeasurementsOutput.Quantity, clean: Cleanup
  ) throws(FeaturizationError) -> [UInt8] {
    let ids = labels.ids()
    let window = Window(rows: 0..<labels.size.height, columns: 0..<labels.size.width)
    return try MeasuredImage(
      name: name, labels: clean.labels(labels, ids: ids, workers: nil), grey: nil,
      classes: ids.map { .unnamed($0) }, pixel: pixel, window: window
    ).table(of: quantity, workers: nil).csv
  }
}
