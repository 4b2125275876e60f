/// What a card that encodes has done since the program began, for metrics.
package struct CardCounts: Sendable, Hashable {
  package let name: String
  /// As its driver writes it.
  package let uuid: String
  /// Whether it encodes, or has been given up.
  package var isUp = true
  package var jobs = 0
  package var chunks = 0
  /// Seconds in which it computed, by its own clock.
  package var seconds = 0.0
  /// Floating-point operations of the model.
  package var operations = 0.0
  /// Bytes of the card that its process holds now, for activations and for models.
  package var arenaBytes = 0
  package var modelBytes = 0
  package var starts = 0
  package var deaths = 0
  package var cancellations = 0
  /// Jobs that were not done, by the driver's code, 0 for those that it had no part in.
  package var faults: [Int: Int] = [:]

  package init(name: String, uuid: String) { (self.name, self.uuid) = (name, uuid) }
}
