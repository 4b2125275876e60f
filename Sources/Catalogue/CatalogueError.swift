package import Checkpoints
package import Files

/// Why a checkpoint is not taken in.
package enum CatalogueError: Error, Hashable, Sendable {
  case checkpoint(CheckpointError)
  /// Two tensors of the file whose names are one when their prefixes are taken off.
  case sameName(String, files: [String])
  /// No model that is known has these tensors.
  case unrecognised(nearest: Mismatch?)
  /// The card that was named does not describe the file.
  case doesNotFit(Mismatch)
  case unknownCard(String)
  /// A file in which a linear head is expected, and the tensors that it holds.
  case notAHead(tensors: [String])
  /// A head that takes `found` channels, where a model's tokens give one of `wanted`.
  case wrongHead(String, wanted: [Int], found: Int)
  /// A head that was learnt from vectors that are not a model's class tokens, by an option.
  case headOfOtherVectors(String, wanted: String, found: String)
  /// There is such a model already.
  case exists(String)
  /// A model's name that is no file's name.
  case badName(String)
  case unwritable(FileError)
}

/// What a card expects and a file does not have, and the other way round; in the file's own names.
package struct Mismatch: Hashable, Sendable {
  package struct Shape: Hashable, Sendable {
    package let tensor: String
    package let wanted: [Int]
    package let found: [Int]
  }

  package let card: String
  package var missing: [String] = []
  package var misshapen: [Shape] = []
  package var unexpected: [String] = []

  package var count: Int { missing.count + misshapen.count + unexpected.count }
}
