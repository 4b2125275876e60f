import Encoders
import Fields
import Imaging
import LinearAlgebra

/// The encoding of one view as a field stores it, in the image's orientation.
///
/// Every field made of it shares its vectors.
struct StoredEncoding: Sendable {
  let grid: Grid
  /// The patches' vectors, `[grid, dim]`.
  let vectors: StoredMatrix
  /// The class token, `[dim]`.
  let classToken: [Float]
  let classAttention: ClassAttention
  /// Logits of the model's classifier, `[classes]`; empty without one.
  let logits: [Float]

  init(
    grid: Grid, vectors: StoredMatrix, classToken: [Float], classAttention: ClassAttention,
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

  var map: StoredMap { StoredMap(grid: grid, vectors: vectors) }

  /// The vectors as float32, a copy on each access where they are stored as float16.
  var patches: FeatureMap { map.widened }

  /// Bytes of memory.
  var bytes: Int {
    vectors.bytes + 4 * (classToken.count + classAttention.values.count + logits.count)
  }
}
