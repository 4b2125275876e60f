/// The numbers that an encoder's products take; sums, norms and the residual stream are float32.
package enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  case float32
  /// Rounded to the nearest, ties to even.
  case bfloat16

  /// Whether this CPU has instructions for it; without them the same sums take longer.
  package var isNative: Bool {
    switch self {
    case .float32: true
    case .bfloat16: EncoderKernels.current.multipliesBFloat16
    }
  }
}
