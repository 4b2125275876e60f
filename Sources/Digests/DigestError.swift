package enum DigestError: Error, Hashable, Sendable {
  /// The system refused to open or read the file; `code` is its `errno`.
  case unreadable(path: String, code: Int32)
}
