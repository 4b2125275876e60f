package import LinearAlgebra

/// The post-processing of each pixel's vector, after all linear steps.
package enum PostProcess: Sendable, Hashable {
  case none
  /// Divided by its Euclidean length; a zero vector is unchanged.
  case l2
  /// Exponentials divided by their sum: probabilities of classes.
  case softmax

  /// Applies it to vectors in place, `[pixels, dim]`.
  package func apply(to vectors: MutableMatrixView) {
    switch self {
    case .none: break
    case .l2: RowKernels.current.normalise(vectors)
    case .softmax: RowKernels.current.softmax(vectors)
    }
  }
}
