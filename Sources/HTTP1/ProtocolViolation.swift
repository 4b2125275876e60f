/// Why bytes on a connection are not a request that is served here.
///
/// Cases carry facts; their status codes are chosen in `API/Problem.swift`.
package enum ProtocolViolation: Error, Hashable, Sendable {
  case malformedRequestLine
  case malformedTarget
  case malformedField
  case malformedHost
  case malformedLength
  /// Both framings at once, one of them twice, or one that tells no end. Source: RFC 9112 §6.3.
  case conflictingFraming
  case malformedChunk
  case unsupportedVersion
  case unsupportedTransferCoding
  case unsupportedExpectation
  case targetTooLong(limit: Int)
  case headTooLarge(limit: Int)
  case tooManyFields(limit: Int)
  case bodyTooLarge(limit: Int)
  /// Chunk framing that outweighs what it carries.
  case chunkFramingTooLarge(limit: Int)
  case chunkExtensionsTooLarge(limit: Int)
  case headTooSlow(seconds: Double)
  case bodyTooSlow(seconds: Double)
  /// Bytes a second, on average.
  case bodyBelowRate(limit: Int)
  case tooManyConnections(limit: Int)
  /// Of one address.
  case tooManyOfAddress(limit: Int)
  /// All bodies being received at this moment together.
  case bodyMemoryExhausted(limit: Int)
}
