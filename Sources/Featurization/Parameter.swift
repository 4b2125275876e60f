import Analysis
import Encoders
import Fields
import Imaging
import LinearAlgebra
import Rendering
import Segmentation

/// The options of a request, by their names in queries, forms and flags.
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
  case channel
  case orientation
  case crop
  case nodata
  case scale
  case resize
  case tile
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
  /// One point, for similarities.
  case x
  case y
  case dtype
  case format
  case top
  case seed
  case image
  case classifier
  case features
  case kind
  case c
  case clean
  case uncertainty
  /// Every such pixel of every such row.
  case step
  /// Which measurements.
  case of
  case centre
  /// How many clusters.
  case k
  case iterations
  case merge
  /// Directions of position that are removed.
  case debias
  /// How objects are found.
  case method
  case tau
  /// The classifier that a field is made for.
  case `for`

  /// The allowed values, as shown to clients.
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
    case .page: "a whole number from 0, the first and last of several such as 2-9, or all"
    case .channel: "a whole number from 0, mean, or three such as 0,2,1 for red, green, blue"
    case .orientation: Parameter.names(of: FieldRequest.OrientationRule.self)
    case .crop: "x,y,w,h in pixels, w and h from 1"
    case .nodata: "a number, or nan"
    case .scale:
      "auto, percentile, none, max, hrdv2, or two numbers, lo,hi with lo < hi or lo..hi with lo ≤ hi"
    case .resize:
      "the longest side in pixels, a whole number from 1 to \(Parameter.longestSide)"
    case .tile:
      "the side of a tile in pixels, a whole number from 1 to \(Parameter.longestSide)"
    case .grid: Parameter.names(of: Places.Grid.self)
    case .layer:
      "last, or a block counted from 0, or from the end as -1, -2 and so on; or up to "
        + "\(Parameter.layerCount) different ones such as 8,last"
    case .facet: Parameter.names(of: EncodeOptions.Facet.self)
    case .precision: Parameter.names(of: Precision.self) + ", auto"
    case .attention: Parameter.names(of: ClassAttention.Kind.self)
    case .components: "a whole number from 1 to the model's dim"
    case .basis: "a field's id, 64 hexadecimal digits"
    case .normalise: Parameter.names(of: Vectors.Normalisation.self)
    case .region: "x,y,w,h in pixels, w and h from 1"
    case .points: "x1,y1;x2,y2 and so on in pixels, up to \(Selection.pointCount) points"
    case .dtype: Parameter.names(of: FloatFormat.self) + " (and uint8 of probabilities)"
    case .format: Parameter.formatsOfImages.map(\.rawValue).joined(separator: ", ")
    case .top: "a whole number from 1 to the number of the model's classes"
    case .seed: "a whole number from 0 to \(UInt32.max)"
    case .image: "sha256- and 64 hexadecimal digits"
    case .classifier: "a classifier's id, 64 hexadecimal digits"
    case .for: "a classifier's id, 64 hexadecimal digits, or \(Services.segmentation)"
    case .features: Parameter.names(of: SegmentationOutput.Features.self)
    case .kind: Parameter.names(of: SegmentationOutput.Learner.self)
    case .c:
      "a number from \(LogisticRegression.bounds.lowerBound) to "
        + "\(LogisticRegression.bounds.upperBound)"
    case .clean: Cleanup.allowed
    case .uncertainty: Parameter.names(of: ScoreKernels.Uncertainty.self)
    case .step: "a whole number from 1 to \(SegmentationOutput.mostStep)"
    case .of: Parameter.names(of: MeasurementsOutput.Quantity.self)
    case .centre: "true, false"
    case .k: "a whole number from 2 to \(KMeans.mostClusters)"
    case .iterations: "a whole number from 1 to \(ClusterOptions.mostIterations)"
    case .merge: ClusterMerge.allowed
    case .method: Parameter.names(of: FoundObjects.Method.self) + ", " + ObjectOptions.clusters
    case .tau: "a cosine, from -1 to 1"
    case .debias: "a whole number from 0 to \(PositionBasis.most)"
    case .x, .y: "a whole number from 0"
    }
  }

  /// The parameters that determine a field; the others are options of queries.
  package static let ofFields: Set<Parameter> = [
    .model, .quality, .stride, .shifts, .neighbourhood, .flips, .rotations, .upsample, .alignment,
    .fit, .page, .channel, .orientation, .crop, .nodata, .scale, .resize, .tile, .layer, .facet,
    .precision, .image, .for,
  ]

  /// Of requests about an image; some outputs of fields have others.
  private static let formatsOfImages = FeatureRequest.Format.allCases.filter { format in
    OutputKind.ofImages.contains { $0.formats.contains(format) }
  }

  static let shiftCount = 8
  static let longestShift = 256
  static let layerCount = 4

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
  /// The default settings of the reference implementation.
  case hrdv2
}

/// An error in a request's options.
package enum ParameterError: Error, Hashable, Sendable {
  case unknown(name: String)
  case repeated(Parameter)
  case invalid(Parameter, value: String)
  /// An output that this resource does not have.
  case invalidOutput(value: String, allowed: [OutputKind])
  case unknownModel(name: String, known: [String])
  /// A parameter that the field determines already.
  case fixed(Parameter)
  /// A parameter of queries, given when a field is made.
  case notApplicableHere(Parameter)
  /// A similarity without a point.
  case noPoint
  /// A parameter that the output cannot do without.
  case needed(Parameter)
  /// Several pages of a field, which has one.
  case severalPages
  /// An image in the body and another by name.
  case imageTwice
  /// A format that the output does not have, as it is asked for.
  case noFormat(FeatureRequest.Format, of: OutputKind)
  /// Two options that exclude each other.
  case conflict(Parameter, Parameter)
  /// An ability that the model lacks.
  case lacking(Ability, model: String)
  /// A value other than the only one that the model's upsampler supports.
  case notGuided(Parameter, only: String)
}

/// An ability that some models lack.
package enum Ability: String, Sendable, Hashable, CaseIterable {
  /// Patches at a stride below the patch size.
  case densePatches = "dense-patches"
  /// A token that attends to all patches.
  case classToken = "class-token"
  /// Queries, keys and values of all patches.
  case facets
  /// Several layers from one pass.
  case layers
  /// Position embeddings for images of one size.
  case frame
  case classifier
  case decoder
  /// An upsampler guided by the image.
  case upsampler
}
