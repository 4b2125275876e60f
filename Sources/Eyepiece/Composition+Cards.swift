import API
import Encoders
import Featurization
import GPU
import LinearAlgebra
import Logging

extension Composition {
  /// The backend of the cards that are to encode; `nil` where the CPU does, which is logged unless it
  /// is what was asked for.
  static func cards(_ settings: Settings, _ logger: Logger?) throws(CompositionError)
    -> GPUBackend?
  {
    guard let choice = CardChoice(settings.gpu) else { throw .card(settings.gpu) }
    guard choice != .none else { return nil }
    let found = CardProcess.discovery(settings, choice)
    let chosen = choice.cards(of: found.cards)
    guard let card = chosen.first else {
      logger?.warning(
        "The CPU encodes, for no card can",
        metadata: ["gpu": "\(settings.gpu)", "reason": "\(found.words)"])
      return nil
    }
    guard let architecture = KernelImage.architecture(for: card) else {
      logger?.warning(
        "The CPU encodes, for no card can",
        metadata: ["reason": "\(CompositionError.noKernels(card.words))"])
      return nil
    }
    logger?.info(
      "Cards encode",
      metadata: [
        "cards": "\(chosen.map(\.words).joined(separator: "; "))", "kernels": "\(architecture)",
      ])
    var patience = Patience()
    patience.silence = Double(settings.gpuSilence)
    return GPUBackend(
      chosen, architecture: architecture, edition: KernelImage.edition,
      memoryLimit: settings.gpuMemory, patience: patience,
      launch: { CardProcess.launch(settings, choice, $0) }, note: { logger?.note($0) })
  }
}

extension GPUBackend {
  /// The encoder of a model, which is the CPU's where the kernels do not have the model.
  func encoder(
    _ card: ModelCard, path: String, digest: String, beside cpu: any Encoder, _ logger: Logger?
  ) -> any Encoder {
    let (encoder, unfit) = encoder(card, path: path, digest: digest, beside: cpu)
    if let unfit {
      logger?.info(
        "A model stays on the CPU", metadata: ["model": "\(card.name)", "reason": "\(unfit)"])
    }
    return encoder
  }

  /// What is told of the kind of arithmetic.
  var arithmetic: String { "\(FieldRecord.arithmetic).\(arithmetic(.split16))" }
}

extension Logger {
  fileprivate func note(_ event: CardEvent) {
    switch event {
    case .began(let card, let bytes):
      info("A card's process began", metadata: ["card": "\(card)", "bytes": "\(bytes)"])
    case .died(let card, let reason):
      warning("A card's process died", metadata: ["card": "\(card)", "reason": "\(reason)"])
    case .givenUp(let card):
      error(
        "A card has been given up, and encodes no more until the program is started again",
        metadata: ["card": "\(card)"])
    }
  }
}
