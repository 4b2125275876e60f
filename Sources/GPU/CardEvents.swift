/// What happened to the process of a card, for the log.
package enum CardEvent: Sendable, Hashable {
  case began(card: String, bytes: Int)
  /// It died, or was ended since it did not answer; why, in words.
  case died(card: String, reason: String)
  /// No process is started any more.
  case givenUp(card: String)
}
