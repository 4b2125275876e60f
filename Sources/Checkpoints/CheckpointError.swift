package import ArrayFiles

/// What is wrong with a checkpoint.
package enum CheckpointError: Error, Hashable, Sendable {
  /// The system refused the file; `code` is its `errno`.
  case unreadable(path: String, code: Int32)
  /// A folder, a pipe or a device.
  case notAFile(path: String)
  /// The file breaks a rule of its format.
  case malformed(ArrayFileError)

  case missing(tensor: String)
  case wrongShape(tensor: String, wanted: [Int], found: [Int])
  /// A tensor of a type that has no conversion to float32.
  case notConvertible(tensor: String, dataType: DataType)
}
