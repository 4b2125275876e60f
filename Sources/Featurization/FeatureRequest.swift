package import Rendering

/// What a client asks of one image, each default resolved.
package struct FeatureRequest: Sendable, Hashable, Codable {
  package enum Output: String, Sendable, Hashable, Codable, CaseIterable {
    case features
    /// The first three principal components over all pixels.
    case pca
    /// What the class token attends to in the last block, per head.
    case attention
    /// The class token of the identity view.
    case cls
  }

  package enum Format: String, Sendable, Hashable, Codable, CaseIterable {
    case npy
    /// The values alone.
    case raw
    case png
  }

  package var output: Output
  package var field: FieldRequest
  /// Of arrays.
  package var dtype: FloatFormat
  package var format: Format
}
