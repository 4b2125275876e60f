import Imaging
package import LinearAlgebra

extension FeatureField {
  /// The index of the largest of each pixel's values, of equal ones the first, `[height · width]`.
  ///
  /// For a field projected onto classifiers' weights these are the classes; 256 at most.
  package func labels(workers: ThreadPool? = nil) -> [UInt8] {
    precondition(dim <= 256, "labels of \(dim) classes")
    return strips(workers) { _, pixels in RowKernels.current.labels(of: pixels) }.flatMap { $0 }
  }
}
