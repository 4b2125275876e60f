import Files

/// A query's posted body, unparsed; its output parses it.
package struct QueryPayload: Sendable {
  let bytes: [UInt8]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var digest: Digest { SHA256.digest(of: bytes) }
}
