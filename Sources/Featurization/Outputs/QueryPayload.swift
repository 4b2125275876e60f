import Files

/// A query's posted body, unparsed; its output parses it.
package struct QueryPayload: Sendable {
  let bytes: [UInt8]
  /// Labels that are kept here, in place of bytes.
  package let labels: KeptLabels?

  package init(_ bytes: [UInt8]) {
    (self.bytes, labels) = (bytes, nil)
  }

  package init(_ labels: KeptLabels) {
    (bytes, self.labels) = ([], labels)
  }

  var digest: Digest { labels?.digest ?? SHA256.digest(of: bytes) }
}
