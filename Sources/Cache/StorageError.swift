/// Why a store could not be opened.
package enum StorageError: Error, Hashable, Sendable {
  /// The system refused the folder; `code` is its `errno`.
  case unusable(path: String, code: Int32)
  /// Another store, in this process or another, has the folder open.
  case inUse(path: String)
  /// The folder holds files and was never a store: they may be somebody's.
  case notAStore(path: String)
}

/// A call that the system refused; `code` is its `errno`.
struct SystemFailure: Error, Hashable {
  let code: Int32
}
