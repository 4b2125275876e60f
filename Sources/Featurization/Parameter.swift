import Rendering

/// The options of a request, by the names that queries, forms and flags use.
package enum Parameter: String, Sendable, Hashable, CaseIterable {
  case output
  case model
  case quality
  case stride
  case shifts
  case neighbourhood
  case flips
  case rotations
  case upsample
  case alignment
  case fit
  case page
  case scale
  case grid
  case dtype
  case format

  /// What a value may be, as told to a client.
  package var allowed: String {
    switch self {
    case .output: Parameter.names(of: FeatureRequest.Output.self)
    case .model: "a name from GET /models"
    case .quality: Parameter.names(of: Quality.self)
    case .stride: "a whole number from 1 to the patch size"
    case .shifts:
      "none, or up to \(Parameter.shiftCount) different distances in pixels such as 1,2, "
        + "each from 1 to \(Parameter.longestShift)"
    case .neighbourhood: Parameter.names(of: FieldRequest.Neighbourhood.self)
    case .flips: Parameter.names(of: FieldRequest.Flips.self)
    case .rotations: Parameter.names(of: FieldRequest.Rotations.self)
    case .upsample: "bilinear, nearest"
    case .alignment: "patches, image"
    case .fit: "pad, crop"
    case .page: "a whole number from 0"
    case .scale: "auto, none, max, percentile, or two numbers lo,hi with lo < hi"
    case .grid: Parameter.names(of: FieldRequest.Positions.self)
    case .dtype: Parameter.names(of: FloatFormat.self)
    case .format: Parameter.names(of: FeatureRequest.Format.self)
    }
  }

  static let shiftCount = 8
  static let longestShift = 256

  /// Options and values of the contract that this version does not serve yet.
  static let planned: [String: Set<String>?] = [
    "layer": nil, "facet": nil, "attention": nil, "components": nil, "normalise": nil,
    "region": nil, "points": nil, "resize": nil, "precision": nil, "image": nil,
    "format": ["npz", "safetensors", "tiff"],
  ]

  private static func names<Value: CaseIterable & RawRepresentable<String>>(
    of type: Value.Type
  ) -> String {
    Value.allCases.map(\.rawValue).joined(separator: ", ")
  }
}

/// Presets of stride, shifts, flips, upsampling, alignment and fit.
package enum Quality: String, Sendable, Hashable, CaseIterable {
  case standard
  case draft
  case fine
  /// The usual setting of the reference implementation.
  case hrdv2
}

/// Why a request's options are refused.
package enum ParameterError: Error, Hashable, Sendable {
  case unknown(name: String)
  case repeated(Parameter)
  case invalid(Parameter, value: String)
  case unknownModel(name: String, known: [String])
  /// In the contract, not in this version.
  case planned(name: String, value: String?)
  /// Two options that exclude each other.
  case conflict(Parameter, Parameter)
}
