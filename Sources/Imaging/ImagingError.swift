/// Why a picture has no intensities.
package enum ImagingError: Error, Sendable, Hashable {
  /// Samples that are not numbers, or so large that they are none once scaled.
  case notFinite(samples: Int)
}
