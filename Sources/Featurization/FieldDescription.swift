package import Files
import Encoders
package import Imaging
package import LinearAlgebra

/// A field as its clients see it.
package struct FieldDescription: Sendable, Encodable {
  package let id: Digest
  /// Of the image file.
  package let image: String
  /// Of the file of weights.
  package let weights: String
  /// What the field shows, in pixels.
  package let size: Size
  package let patch: Int
  package let dim: Int
  package let heads: Int
  /// The patches of the identity view.
  package let grid: Grid
  /// Views averaged, each as often as it counts.
  package let views: Int
  /// The numbers that it is kept as, by the server's choice.
  package let dtype: FieldRequest.StorageType
  /// The code that its bytes come from.
  package let kernels: KernelSets
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
    request = FieldOptions(record.request)
  }
}
