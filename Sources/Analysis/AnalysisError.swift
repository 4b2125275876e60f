/// Why an analysis has no answer.
package enum AnalysisError: Error, Hashable, Sendable {
  /// All vectors are alike, or none is like another: no part stands out.
  case noContrast
  /// More clusters than there are different vectors to begin from.
  case tooManyClusters(asked: Int, distinct: Int)
  /// No cluster that the class token attends to in most images has a pixel.
  case nothingSalient
  /// Vectors that are no numbers, or too large to be summed.
  case notFinite
}
