package import Files
import Encoders
package import Imaging
package import LinearAlgebra

/// A field's description for clients.
package struct FieldDescription: Sendable, Encodable {
  package let id: Digest
  /// Of fields that are made, as opposed to those that are being made.
  package let state = "ready"
  /// The digest of the image file.
  package let image: String
  /// The digest of the weights file.
  package let weights: String
  /// The field's size in pixels.
  package let size: Size
  package let patch: Int
  package let dim: Int
  package let heads: Int
  /// The identity view's patch grid.
  package let grid: Grid
  /// The number of averaged views, with repetitions.
  package let views: Int
  /// The storage type of its vectors, set by the server.
  package let dtype: FieldRequest.StorageType
  /// The kernels that computed its bytes.
  package let kernels: KernelSets
  /// What was looked at.
  package let source: SourceDescription
  package let request: FieldOptions

  init(_ record: FieldRecord, _ image: EncodedImage) {
    id = record.name
    self.image = record.image.imageName
    weights = "sha256-\(record.weights)"
    size = image.canvas.shown
    patch = image.patch
    dim = image.dim
    heads = image.encodings[0].classAttention.heads
    grid = image.encodings[0].grid
    views = image.views.reduce(0) { $0 + $1.count }
    dtype = record.request.storageType
    kernels = record.kernels
    source = image.source
    request = FieldOptions(record.request)
  }
}
