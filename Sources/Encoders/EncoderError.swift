/// Why an encoder with a device of its own does not encode now.
package enum EncoderError: Error, Sendable, Hashable {
  /// The device does not answer; it may later, or others answer for it under another name.
  case away(reason: String)
  /// One view needs more bytes of the device's memory than it has.
  case tooLarge(bytes: Int)
  /// Numbers beyond those that the precision has.
  case outOfRange
}
