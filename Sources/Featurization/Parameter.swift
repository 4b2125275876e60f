import Encoders
import Fields
import Imaging
import LinearAlgebra
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
  case resize
  case grid
  case layer
  case facet
  case precision
  case attention
  case components
  case basis
  case normalise
  case region
  case points
  /// Of a similarity, one point.
  case x
  case y
  case dtype
  case format
  case top
  case seed
  case image

  /// What a value may be, as told to a client.
  package var allowed: String {
    switch self {
    case .output:
      OutputKind.ofImages.map(\.name).joined(separator: ", ")
    case .model: "a name from GET /models"
    case .quality: Parameter.names(of: Quality.self)
    case .stride: "a whole number from 1 to the patch size; that of the cells of windows or stages"
    case .shifts:
      "none, or up to \(Parameter.shiftCount) different distances in pixels such as 1,2, "
        + "each from 1 to \(Parameter.longestShift)"
    case .neighbourhood: Parameter.names(of: FieldRequest.Neighbourhood.self)
    case .flips: Parameter.names(of: FieldRequest.Flips.self)
    case .rotations: Parameter.names(of: FieldRequest.Rotations.self)
    case .upsample: Parameter.names(of: Upsampling.self)
    case .alignment: "patches, image"
    case .fit: Parameter.names(of: Canvas.Fit.self)
    case .page: "a whole number from 0"
    case .scale: "auto, none, max, percentile, or two numbers lo,hi with lo < hi"
    case .resize:
      "the longest side in pixels, a whole number from 1 to \(Parameter.longestSide)"
    case .grid: Parameter.names(of: Places.Grid.self)
    case .layer: "last, or a block counted from 0, or from the end as -1, -2 and so on"
    case .facet: Parameter.names(of: EncodeOptions.Facet.self)
    case .precision: Parameter.names(of: Precision.self) + ", auto"
    case .attention: Parameter.names(of: ClassAttention.Kind.self)
    case .components: "a whole number from 1 to the model's dim"
    case .basis: "a field's id, 64 hexadecimal digits"
    case .normalise: Parameter.names(of: Vectors.Normalisation.self)
    case .region: "x,y,w,h in pixels, w and h from 1"
    case .points: "x1,y1;x2,y2 and so on in pixels, up to \(Selection.pointCount) points"
    case .dtype: Parameter.names(of: FloatFormat.self)
    case .format: Parameter.names(of: FeatureRequest.Format.self)
    case .top: "a whole number from 1 to the number of the model's classes"
    case .seed: "a whole number from 0 to \(UInt32.max)"
    case .image: "sha256- and 64 hexadecimal digits"
    case .x, .y: "a whole number from 0"
    }
  }

  /// Those that decide a field; the others are asked of it later.
  package static let ofFields: Set<Parameter> = [
    .model, .quality, .stride, .shifts, .neighbourhood, .flips, .rotations, .upsample, .alignment,
    .fit, .page, .scale, .resize, .layer, .facet, .precision, .image,
  ]

  static let shiftCount = 8
  static let longestShift = 256

  static let longestSide = 65_535

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
  /// An output that this resource does not have.
  case invalidOutput(value: String, allowed: [OutputKind])
  case unknownModel(name: String, known: [String])
  /// Decided by the field that is asked already.
  case fixed(Parameter)
  /// Asked of a field, not when it is made.
  case notApplicableHere(Parameter)
  /// A similarity to nothing.
  case noPoint
  /// An image in the body and another by its name.
  case imageTwice
  /// Two options that exclude each other.
  case conflict(Parameter, Parameter)
  /// Something that the model has not, whoever asks for it.
  case lacking(Ability, model: String)
  /// Another value than the only one that goes with a model's upsampler.
  case notGuided(Parameter, only: String)
}

/// What some models have and others have not.
package enum Ability: String, Sendable, Hashable, CaseIterable {
  /// Patches that begin less than a patch apart.
  case densePatches = "dense-patches"
  /// A token that attends to all patches.
  case classToken = "class-token"
  /// Queries, keys and values of all patches.
  case facets
  /// Images of one size that its positions are for.
  case frame
  case classifier
  case decoder
  /// What makes maps finer under their image's guidance.
  case upsampler
}
