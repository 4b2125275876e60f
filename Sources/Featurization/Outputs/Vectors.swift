package import Files
import Encoders
import Fields
import LinearAlgebra
package import Rendering

/// A field's vectors at some places, or their principal components; shared by several outputs.
package struct Vectors: Sendable, Hashable, Encodable {
  package enum Normalisation: String, Sendable, Hashable, Codable, CaseIterable {
    case none
    /// Each vector is divided by its length, after upsampling.
    case l2

    var postProcess: PostProcess { self == .l2 ? .l2 : .none }
  }

  package var places: Places
  /// The number of principal components to project on; `nil` for none.
  package var components: Int?
  /// The field whose components are used; `nil` for this field.
  package let basis: Digest?
  package let normalise: Normalisation
  package let dtype: FloatFormat
  /// The directions of position that are removed.
  package let debias: Int

  static let parameters: [Parameter] =
    Places.parameters + [
      .components, .basis, .normalise, .dtype, .debias,
    ]

  /// Reads the options; `components` is the default.
  init(_ options: OutputOptions, components: Int?) throws(ParameterError) {
    let given = options.given
    places = try Places(options)
    let channels = options.card.channels(of: options.field.encodeOptions)
    self.components = try given.number(.components, in: 1...channels) ?? components
    basis = try given.value(.basis) { Digest(hex: $0) }
    normalise = try given.choice(.normalise, .none)
    dtype = try given.choice(.dtype, .float32)
    if basis != nil, self.components == nil { throw .conflict(.basis, .output) }
    debias = try given.number(.debias, 0, in: 0...PositionBasis.most)
    // The other field's components are of whole vectors.
    if debias > 0, basis != nil { throw .conflict(.debias, .basis) }
  }
}

extension Vectors {
  /// The source that the vectors are read from.
  struct Source: Sendable {
    let image: FieldImage
    /// The basis of the projection.
    let basis: Basis?
  }

  /// Obtains what the vectors are read from.
  func source(_ query: Query) async throws -> Source {
    let image = try await query.image(debias: debias)
    guard components != nil else { return Source(image: image, basis: nil) }
    return Source(image: image, basis: try await query.basis(basis, places.grid, of: image))
  }

  /// The field of the vectors, at all places.
  func field(of source: Source, _ threads: ThreadPool) -> FeatureField {
    let plain = source.image.features(places.grid)
    guard let components, let basis = source.basis else {
      return plain.finished(normalise.postProcess)
    }
    return plain.projected(onto: basis.first(components), workers: threads)
      .finished(normalise.postProcess)
  }

  /// The memory held while the vectors are computed.
  func footprint(of source: Source) -> Footprint {
    Footprint(source.image, dims: components ?? source.image.encoded.dim, made: components ?? 0)
  }
}
