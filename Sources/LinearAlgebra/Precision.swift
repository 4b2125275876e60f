/// The numbers that an encoder's products take; sums, norms and the residual stream are float32.
package enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  case float32
  /// Rounded to the nearest, ties to even.
  case bfloat16
  /// Whole numbers from −127 to 127: weights with a scale for each output, activations, queries and
  /// keys less their mean with one for each token, values with one for each channel; sums are exact.
  case int8

  /// Whether this CPU has instructions for it; without them the same sums take longer.
  package var isNative: Bool {
    switch self {
    case .float32: true
    case .bfloat16: EncoderKernels.current.multipliesBFloat16
    case .int8: EncoderKernels.current.multipliesInt8
    }
  }
}
