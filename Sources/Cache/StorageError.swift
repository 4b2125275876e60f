package import Files

/// Why a store could not be opened.
package enum StorageError: Error, Hashable, Sendable {
  /// The folder, or the file in it that makes it a store, cannot be used.
  case unusable(FileError)
  /// Another store, in this process or another, has the folder open.
  case inUse(path: String)
  /// The folder holds files and was never a store: they may be somebody's.
  case notAStore(path: String)
}
