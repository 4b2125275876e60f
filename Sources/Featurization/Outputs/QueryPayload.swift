import Files

/// What was posted with a query, as it came; its output knows how to read it.
package struct QueryPayload: Sendable {
  let bytes: [UInt8]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var digest: Digest { SHA256.digest(of: bytes) }
}
