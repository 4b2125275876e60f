package import Digests
package import Encoders
package import Rendering

/// What a client asks of one image, each default resolved.
package struct FeatureRequest: Sendable, Hashable, Codable {
  package enum Output: String, Sendable, Hashable, Codable, CaseIterable {
    case features
    /// The first three principal components over all pixels.
    case pca
    /// How the class token relates to each place, per head.
    case attention
    /// The class token of the identity view.
    case cls
    /// Where the first principal component says that the object is.
    case foreground
    /// What the model's own classifier makes of the whole image.
    case ownLogits = "own-logits"
    /// What the model paints where the image was hidden from it.
    case reconstruction
    /// The features under a linear map that was posted.
    case logits
    /// The softmax of the logits.
    case probabilities
    /// The place of the largest logit.
    case labels
    /// The cosine between each pixel's vector and the mean of those at some points.
    case similarity

    /// What `output` may be where an image or a field is asked; the others are asked by paths.
    package static let plain: [Output] = [
      .features, .pca, .attention, .cls, .foreground, .ownLogits, .reconstruction,
    ]
    /// What becomes of a linear map.
    package static let projected: [Output] = [.logits, .labels, .probabilities]

    /// What a client says: logits are a model's own of an image, and a posted map's of a field.
    package var spelling: String { self == .ownLogits ? "logits" : rawValue }
  }

  /// Where vectors are wanted: at every pixel, or at the identity view's patches.
  package enum Positions: String, Sendable, Hashable, Codable, CaseIterable {
    case pixel
    case patch
  }

  package enum Normalisation: String, Sendable, Hashable, Codable, CaseIterable {
    case none
    /// Each place's vector divided by its length, after upsampling.
    case l2
  }

  package enum Format: String, Sendable, Hashable, Codable, CaseIterable {
    case npy
    case npz
    case safetensors
    /// The values alone.
    case raw
    /// One page a channel.
    case tiff
    case png
    case json
  }

  package var output: Output
  package var field: FieldRequest
  package var grid: Positions
  /// Of `output` attention.
  package var attention: ClassAttention.Kind
  /// How many principal components the features are projected on; `nil` leaves them as they are.
  package var components: Int?
  /// The field whose components they are; `nil` is the field's own.
  package var basis: Digest?
  package var normalise: Normalisation
  /// Of `output` similarity, the points that are compared with; else what is wanted.
  package var selection: Selection
  /// Of arrays.
  package var dtype: FloatFormat
  package var format: Format
  /// Of the model's own logits as JSON, how many are told, the largest first.
  package var top: Int?
  /// Of a reconstruction, what the hidden parts are drawn by.
  package var seed: UInt32?
}
