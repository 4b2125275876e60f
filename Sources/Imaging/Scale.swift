/// The rule that finds the levels which become 0 and 1, where an encoder expects intensities.
///
/// Written `auto` or `percentile`, `none`, `max`, `hrdv2` or `lo,hi`.
package enum Scale: Sendable, Hashable {
  /// From the 0.5 % to the 99.5 % percentile of the valid samples, of luminance for colours,
  /// clipped; so that gain, offset, depth and single pixels make no difference.
  case percentile
  /// Unsigned integers divided by the maximum of their type; other numbers unchanged.
  case none
  /// Divided by the picture's own maximum.
  case maximum
  /// 8 bits as `none`, deeper samples as `maximum`. Source: HR-Dv2.
  case reference
  /// From the first level to the second, clipped.
  case range(Double, Double)
}

extension Scale: LosslessStringConvertible {
  /// Parses one of the above; `nil` for any other text, or unless `lo` < `hi` and both are finite.
  package init?(_ description: String) {
    switch description {
    case "auto", "percentile": self = .percentile
    case "none": self = .none
    case "max": self = .maximum
    case "hrdv2": self = .reference
    default:
      let ends = description.split(separator: ",", omittingEmptySubsequences: false).map {
        Double($0)
      }
      guard ends.count == 2, let low = ends[0], let high = ends[1], low < high,
        Float(low).isFinite, Float(high).isFinite, Float(high - low).isFinite
      else { return nil }
      self = .range(low, high)
    }
  }

  package var description: String {
    switch self {
    case .percentile: "percentile"
    case .none: "none"
    case .maximum: "max"
    case .reference: "hrdv2"
    case .range(let low, let high): "\(low),\(high)"
    }
  }
}

extension Scale: CodableAsText {}
