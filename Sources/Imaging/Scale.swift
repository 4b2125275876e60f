/// The rule that finds the levels which become 0 and 1, where an encoder expects intensities.
///
/// Written `auto` or `percentile`, `none`, `max`, `hrdv2`, `lo,hi` or `lo..hi`.
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
  /// From the first level to the second, which may be equal; not clipped.
  case line(Double, Double)
}

extension Scale {
  /// The rule that names some levels.
  package init(_ levels: Levels) {
    self =
      levels.isClipped && levels.low < levels.high
      ? .range(levels.low, levels.high) : .line(levels.low, levels.high)
  }

  /// Whether the levels depend on the samples, which have more than 8 bits or not.
  package func dependsOnSamples(areDeep: Bool) -> Bool {
    switch self {
    case .percentile, .maximum: true
    case .reference: areDeep
    case .none, .range, .line: false
    }
  }
}

extension Scale: LosslessStringConvertible {
  /// Parses one of the above; `nil` for any other text, or unless `lo` < `hi`,
  /// or `lo` ≤ `hi` with dots, and both are finite.
  package init?(_ description: String) {
    switch description {
    case "auto", "percentile": self = .percentile
    case "none": self = .none
    case "max": self = .maximum
    case "hrdv2": self = .reference
    default:
      guard let dots = description.firstRange(of: "..") else {
        guard let comma = description.firstIndex(of: ",") else { return nil }
        let (low, high) = (description[..<comma], description[comma...].dropFirst())
        guard let (low, high) = Scale.levels(low, high), low < high else { return nil }
        self = .range(low, high)
        return
      }
      let (low, high) = (description[..<dots.lowerBound], description[dots.upperBound...])
      guard let (low, high) = Scale.levels(low, high) else { return nil }
      self = .line(low, high)
    }
  }

  /// Two ascending numbers whose difference float32 can hold.
  private static func levels(_ low: Substring, _ high: Substring) -> (Double, Double)? {
    guard let low = Double(low), let high = Double(high), low <= high, Float(low).isFinite,
      Float(high).isFinite, Float(high - low).isFinite
    else { return nil }
    return (low, high)
  }

  package var description: String {
    switch self {
    case .percentile: "percentile"
    case .none: "none"
    case .maximum: "max"
    case .reference: "hrdv2"
    case .range(let low, let high): "\(low),\(high)"
    case .line(let low, let high): "\(low)..\(high)"
    }
  }
}

extension Scale: CodableAsText {}
