package import LinearAlgebra

/// What is done last to each pixel's vector, after all that is linear.
package enum PostProcess: Sendable, Hashable {
  case none
  /// Divided by its Euclidean length; a vector of zeros stays one.
  case l2
  /// Exponentials divided by their sum: probabilities of classes.
  case softmax

  /// Finishes vectors where they lie, `[pixels, dim]`.
  package func apply(to vectors: MatrixView) {
    switch self {
    case .none: break
    case .l2: RowKernels.current.normalise(vectors)
    case .softmax: RowKernels.current.softmax(vectors)
    }
  }
}
