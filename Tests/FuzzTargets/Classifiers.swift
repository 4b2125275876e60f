import LinearAlgebra
import Segmentation

/// Trained classifiers, Eyepiece's own and other programs', read as far as a row's probabilities.
enum Classifiers {
  /// A file that is read is written again with the same bytes, and its probabilities are some.
  static func complaint(aboutFile bytes: [UInt8]) -> String? {
    guard let classifier = try? Classifier(file: bytes) else { return nil }
    guard classifier.file == bytes else { return "it is written again with other bytes" }
    guard case .trees(let trees) = classifier.model else { return nil }
    return complaint(about: trees)
  }

  static func complaint(aboutImport bytes: [UInt8]) -> String? {
    (try? ImportedModel(file: bytes).trees()).flatMap { complaint(about: $0) }
  }

  /// Widest row that is tried, so that a trial is short.
  private static let widest = 1 << 16

  /// A row's probabilities sum to one, wherever it is sent.
  private static func complaint(about trees: TreeEnsemble) -> String? {
    guard trees.dim <= widest else { return nil }
    for value: Float in [0, -1e30, 1e30, .nan] {
      let row = Matrix(rows: 1, columns: trees.dim, .init(repeating: value, count: trees.dim))
      let sum = trees.probabilities(of: row).reduce(0, +)
      guard abs(sum - 1) < 1e-3 else { return "probabilities of \(value) sum to \(sum)" }
    }
    return nil
  }
}
