import LinearAlgebra
import Tensors

/// A posted linear map: a classifier's weights.
package struct LinearMapUpload: Sendable {
  /// The maximum number of classes.
  package static let rowLimit = 256
  /// The maximum bytes of a safetensors file's header, which describes a weight and a bias.
  package static let headerLimit = 1 << 16

  /// Weights, `[k, dim]`.
  let weight: Matrix
  /// Biases, `[k]`.
  let bias: [Float]?

  /// Reads an npy `[k, dim]`, or a safetensors file of `weight`, `[k, dim]`, and optionally `bias`,
  /// `[k]`.
  package init(_ bytes: [UInt8], dim: Int) throws(PayloadError) {
    let weight: StoredArray
    var bias: StoredArray?
    do {
      if bytes.starts(with: NPY.magic) {
        weight = try StoredArray(npy: bytes)
      } else {
        let file = try TensorFile(bytes, headerLimit: LinearMapUpload.headerLimit)
        weight = try file.array("weight")
        if file.header.tensors["bias"] != nil { bias = try file.array("bias") }
      }
    } catch {
      throw .array(error)
    }
    let shape = weight.shape
    guard shape.count == 2, shape[0] > 0, shape[1] == dim else {
      throw .shape(shape, wanted: "[k, \(dim)]")
    }
    guard shape[0] <= LinearMapUpload.rowLimit else {
      throw .tooManyRows(limit: LinearMapUpload.rowLimit, rows: shape[0])
    }
    if let bias, bias.shape != [shape[0]] { throw .shape(bias.shape, wanted: "[\(shape[0])]") }
    let (values, offsets) = (weight.floats(), bias?.floats())
    guard (values + (offsets ?? [])).allSatisfy({ $0.magnitude < 1e15 }) else {
      throw .notFinite
    }
    self.weight = Matrix(rows: shape[0], columns: dim, values)
    self.bias = offsets
  }
}
