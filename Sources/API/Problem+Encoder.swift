package import Encoders

extension Problem {
  /// What clients are told where a card does not encode.
  package init(_ error: EncoderError) {
    switch error {
    case .away(let reason):
      self.init(
        503, "card-away", "The card that encodes does not answer",
        "The card does not encode now (\(reason)); the request may be sent again")
      retryAfter = 5
    case .tooLarge(let bytes):
      self.init(
        422, "card-memory", "A view is too large for the card",
        "A view takes \(bytes) bytes of the card's memory, more than it has (setting gpu-memory); "
          + "tile, a larger stride or a smaller scale need less")
    case .outOfRange:
      self.init(
        422, "card-range", "Numbers beyond those of the card's precision",
        "The model has numbers beyond 65504 for this image, which the card does not have; "
          + "precision=int8 is computed by the CPU")
    }
  }
}
