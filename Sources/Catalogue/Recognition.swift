package import Checkpoints
package import Encoders

/// What a checkpoint was found to be: a model that is known, with all of its tensors.
package struct Recognition: Sendable {
  package let card: ModelCard
  /// Whose names the file's tensors have.
  package let checkpointLayout: CheckpointLayout
  /// Cards whose tensors are the same, which the file might as well be; likely ones first.
  package let others: [ModelCard]
  /// All that the card's layers ask for, in their order.
  package let tensors: [AssembledTensor]
  /// Tensors of the file that no loader asks for.
  package let unused: [String]
}

/// The models that are known, and how a file is told to be one of them.
package struct ModelCatalogue: Sendable {
  /// A card, and what its model's loader asks for.
  private typealias Entry = (card: ModelCard, expected: ExpectedTensors)

  private let entries: [Entry]
  private let source: ExpectedTensors.Source

  /// Asks every card's loader, by `source`, for its tensors.
  package init(
    _ cards: [ModelCard], _ source: @escaping ExpectedTensors.Source
  ) throws(CatalogueError) {
    self.source = source
    var entries: [Entry] = []
    for card in cards { entries.append((card, try ModelCatalogue.expected(of: card, source))) }
    self.entries = entries
  }

  private static func expected(
    of card: ModelCard, _ source: ExpectedTensors.Source
  ) throws(CatalogueError) -> ExpectedTensors {
    do throws(CheckpointError) {
      return ExpectedTensors(try source(card))
    } catch {
      throw .checkpoint(error)
    }
  }

  /// Tells which model a checkpoint holds, by its tensors' names and shapes.
  ///
  /// `name` says which card is meant; without it, where several have the same tensors, hints
  /// decide: the file's name, whose names the tensors have, and whether the class token's position
  /// is zero as MAE's is. A tensor that is missing, of another shape or unknown is an error that
  /// names it.
  package func recognise(
    _ checkpoint: Checkpoint, fileName: String = "", as name: String? = nil
  ) throws(CatalogueError) -> Recognition {
    let assembly = try Assembly(checkpoint)
    var chosen = entries
    if let name {
      chosen = chosen.filter { $0.card.name == name }
      guard !chosen.isEmpty else { throw .unknownCard(name) }
    }
    var fitting = chosen.filter { $0.expected.fits(assembly) }
    if fitting.isEmpty { fitting = try entries(chosen, withHeadOf: assembly) }
    let disambiguation = Disambiguation(of: checkpoint, assembly, fileName: fileName)
    let likely = fitting.enumerated().sorted {
      let (a, b) = (
        disambiguation.weight(of: $0.element.card), disambiguation.weight(of: $1.element.card)
      )
      return a == b ? $0.offset < $1.offset : a > b
    }.map(\.element)
    guard let (card, expected) = likely.first else {
      let mismatch = nearest(assembly, chosen, checkpoint)
      if name != nil, let mismatch { throw .doesNotFit(mismatch) }
      throw .unrecognised(nearest: mismatch)
    }
    return Recognition(
      card: card.published(in: assembly.checkpointLayout.layout, fileName: fileName)
        .trained(with: checkpoint.settings),
      checkpointLayout: assembly.checkpointLayout, others: likely.dropFirst().map(\.card),
      tensors: expected.tensors(of: assembly), unused: assembly.unused)
  }

  /// Those that fit once they have the file's head: a head of other classes is a head, and a model
  /// may be given one.
  private func entries(
    _ chosen: [Entry], withHeadOf assembly: Assembly
  ) throws(CatalogueError) -> [Entry] {
    var fitting: [Entry] = []
    for (card, expected) in chosen where expected.fitsButForHead(assembly) {
      guard let headed = card.withHead(expected.head, of: assembly), headed.isSound else {
        continue
      }
      let expected = try ModelCatalogue.expected(of: headed, source)
      if expected.fits(assembly) { fitting.append((headed, expected)) }
    }
    return fitting
  }

  /// Differences beyond which the file is more likely one of another distribution, whose mark it
  /// lacks.
  private static let strange = 32

  private func nearest(
    _ assembly: Assembly, _ chosen: [Entry], _ checkpoint: Checkpoint
  ) -> Mismatch? {
    func least(_ assembly: Assembly) -> Mismatch? {
      let least = chosen.map { (entry: $0, distance: $0.expected.distance(from: assembly)) }
        .min { $0.distance < $1.distance }?.entry
      return least.map { $0.expected.mismatch(assembly, card: $0.card) }
    }
    let mismatch = least(assembly)
    guard let mismatch, mismatch.count > ModelCatalogue.strange else { return mismatch }
    let others = CheckpointLayout.all.compactMap { checkpointLayout in
      (try? Assembly(checkpoint, as: checkpointLayout)).flatMap { least($0) }
    }
    return ([mismatch] + others).min { $0.count < $1.count }
  }
}

extension ModelCard {
  /// The card with the head that a file has under a name, whatever its classes; `nil` without one.
  fileprivate func withHead(_ name: String, of assembly: Assembly) -> ModelCard? {
    guard let shape = assembly.tensors[name]?.shape, shape.count == 2 else { return nil }
    var card = self
    if card.head != nil {
      card.head?.classes = shape[0]
      card.head?.labels = nil
      card.head?.names = nil
      return card
    }
    // What a head multiplies shows in how many channels it takes.
    guard let input = headKinds[shape[1]] else { return nil }
    card.head = Head(classes: shape[0], input: input)
    return card
  }

  /// The card with what a training program kept of its arguments.
  fileprivate func trained(with settings: [String: String]) -> ModelCard {
    var card = self
    if let normalised = settings["args.norm_pix_loss"], family == .mae {
      card.decoder?.normalisedPixels = normalised == "True"
    }
    return card
  }

  /// The card with what differs in the files of one layout.
  fileprivate func published(in layout: CheckpointLayout.Publisher, fileName: String) -> ModelCard {
    let entries = published.filter { $0.layout == layout.rawValue }
    let entry = published.first { $0.isNamed(fileName) && $0.isWritten(in: layout) }
    guard let entry = entry ?? entries.first else { return self }
    var card = self
    card.positions = entry.positions ?? positions
    card.epsilon = entry.epsilon ?? epsilon
    return card
  }
}
