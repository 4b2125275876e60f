/// The numbers that an encoder's products take; sums, norms and the residual stream are float32.
package enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  case float32
  /// Rounded to the nearest, ties to even.
  case bfloat16

  /// Reads a precision's name, or `auto`: bfloat16 where this CPU has instructions for it.
  package init?(asked text: String) {
    if text == "auto" {
      self = Precision.bfloat16.isFast ? .bfloat16 : .float32
    } else {
      self.init(rawValue: text)
    }
  }

  /// Whether this CPU has instructions for it; without them the same sums take longer.
  package var isFast: Bool {
    switch self {
    case .float32: true
    case .bfloat16: EncoderKernels.current.multipliesBFloat16
    }
  }
}
