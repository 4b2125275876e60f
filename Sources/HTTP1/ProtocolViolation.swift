/// The reason why bytes on a connection are not a request that is served here.
///
/// Cases carry facts; their status codes are chosen in `API/Problem.swift`.
package enum ProtocolViolation: Error, Hashable, Sendable {
  case malformedRequestLine
  case malformedTarget
  case malformedField
  case malformedHost
  case malformedLength
  /// Both framings at once, one of them twice, or one without a known end. Source: RFC 9112 §6.3.
  case conflictingFraming
  case malformedChunk
  case unsupportedVersion
  case unsupportedTransferCoding
  case unsupportedExpectation
  case targetTooLong(limit: Int)
  case headTooLarge(limit: Int)
  case tooManyFields(limit: Int)
  case bodyTooLarge(limit: Int)
  /// Chunk framing larger than the chunks' content.
  case chunkFramingTooLarge(limit: Int)
  case chunkExtensionsTooLarge(limit: Int)
  case headTooSlow(seconds: Double)
  case bodyTooSlow(seconds: Double)
  /// The minimum average rate in bytes per second.
  case bodyBelowRate(limit: Int)
  case tooManyConnections(limit: Int)
  /// The maximum number of connections from one address.
  case tooManyOfAddress(limit: Int)
  /// The limit on all bodies being received at the same time, in bytes.
  case bodyMemoryExhausted(limit: Int)
}
