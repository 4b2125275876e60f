/// The scaling of grey levels to intensities, which an encoder expects in 0…1.
///
/// Written `auto`, `none`, `max`, `percentile` or `lo,hi`.
package enum Scale: Sendable, Hashable {
  /// 8 bits divided by 255; deeper samples by the picture's own maximum. Source: HR-Dv2.
  case auto
  /// Integers divided by the maximum of their type; floats unchanged.
  case none
  /// Divided by the picture's own maximum.
  case maximum
  /// From the 0.5 % to the 99.5 % percentile, clamped.
  case percentile
  /// From the first level to the second, clamped.
  case range(Float, Float)
}

extension Scale: LosslessStringConvertible {
  /// Parses one of the above; `nil` for any other text, or unless `lo` < `hi` and both are finite.
  package init?(_ description: String) {
    switch description {
    case "auto": self = .auto
    case "none": self = .none
    case "max": self = .maximum
    case "percentile": self = .percentile
    default:
      let ends = description.split(separator: ",", omittingEmptySubsequences: false).map {
        Float($0)
      }
      guard ends.count == 2, let low = ends[0], let high = ends[1], low.isFinite, high.isFinite,
        low < high, (high - low).isFinite
      else { return nil }
      self = .range(low, high)
    }
  }

  package var description: String {
    switch self {
    case .auto: "auto"
    case .none: "none"
    case .maximum: "max"
    case .percentile: "percentile"
    case .range(let low, let high): "\(low),\(high)"
    }
  }
}

extension Scale: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let scale = Scale(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "scale \(text)")
    }
    self = scale
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
