/// The reason why a picture has no intensities.
package enum ImagingError: Error, Sendable, Hashable {
  /// Samples that are not finite, or not once scaled.
  case notFinite(samples: Int)
}
