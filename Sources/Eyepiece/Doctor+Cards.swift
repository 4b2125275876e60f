import GPU

extension Doctor {
  /// The cards that could encode, or why there is none.
  enum Cards {
    @Sendable static func cards(_ settings: Settings) async -> [Finding] {
      guard let choice = CardChoice(settings.gpu) else {
        return [.bad("gpu", "\(CompositionError.card(settings.gpu))")]
      }
      let found = CardProcess.discovery(settings, choice)
      let chosen = choice.cards(of: found.cards)
      switch choice {
      case .none:
        return [
          .good(
            "gpu",
            "the CPU encodes, as gpu is off; "
              + (found.absence == nil ? "there is \(found.words)" : found.words))
        ]
      case .all where chosen.isEmpty: return [.note("gpu", "the CPU encodes: \(found.words)")]
      case .one(let uuid) where chosen.isEmpty:
        return [.bad("gpu", "there is no card \(uuid): \(found.words)")]
      case .all, .one:
        return chosen.map { card in
          guard KernelImage.architecture(for: card) != nil else {
            return .note("gpu", "the CPU encodes: \(CompositionError.noKernels(card.words))")
          }
          return card.hasTimeLimit
            ? .note("gpu", "\(card.words): it drives a display, and ends long kernels")
            : .good("gpu", card.words)
        }
      }
    }
  }
}
