import Encoders
import Fields
import Imaging
import LinearAlgebra

/// The encoding of one view as a field stores it, in the image's orientation.
///
/// Every field made of it shares its vectors.
struct StoredEncoding: Sendable {
  /// The patches' vectors, `[grid, dim]`.
  enum Vectors: Sendable {
    case float32(Matrix)
    case float16(HalfMatrix)
  }

  let grid: Grid
  let vectors: Vectors
  /// The class token, `[dim]`.
  let classToken: [Float]
  let classAttention: ClassAttention
  /// Logits of the model's classifier, `[classes]`; empty without one.
  let logits: [Float]

  init(
    grid: Grid, vectors: Vectors, classToken: [Float], classAttention: ClassAttention,
    logits: [Float]
  ) {
    self.grid = grid
    self.vectors = vectors
    self.classToken = classToken
    self.classAttention = classAttention
    self.logits = logits
  }

  init(_ encoding: Encoding, of view: View, as storageType: FieldRequest.StorageType) {
    let patches = encoding.patches.undoing(view)
    let attention = FeatureMap(
      grid: encoding.patches.grid, vectors: encoding.classAttention.values
    ).undoing(view)
    self.init(
      grid: patches.grid,
      vectors: storageType == .float32
        ? .float32(patches.vectors) : .float16(HalfMatrix(nearest: patches.vectors)),
      classToken: encoding.classToken,
      classAttention: ClassAttention(grid: attention.grid, values: attention.vectors),
      logits: encoding.logits ?? [])
  }

  var dim: Int { classToken.count }

  /// The vectors as float32, converted on each access where they are stored as float16.
  var patches: FeatureMap {
    switch vectors {
    case .float32(let matrix): FeatureMap(grid: grid, vectors: matrix)
    case .float16(let halves): FeatureMap(grid: grid, vectors: halves.widened())
    }
  }

  /// Bytes of memory.
  var bytes: Int {
    let own =
      switch vectors {
      case .float32(let matrix): 4 * matrix.count
      case .float16(let halves): halves.bytes.count
      }
    return own + 4 * (classToken.count + classAttention.values.count + logits.count)
  }

  /// Bytes that `patches` takes in addition.
  var bytesWhenRead: Int {
    if case .float16(let halves) = vectors { 2 * halves.bytes.count } else { 0 }
  }
}
