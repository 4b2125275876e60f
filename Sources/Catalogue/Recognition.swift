import Glibc
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
  /// Tensors of the file that nobody asks for.
  package let unused: [String]
}

/// The models that are known, and how a file is told to be one of them.
package struct ModelCatalogue: Sendable {
  package let cards: [ModelCard]
  private let expectedTensors: [ExpectedTensors]

  package init(_ cards: [ModelCard]) {
    self.cards = cards
    expectedTensors = cards.map { ExpectedTensors($0) }
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
    var chosen = Array(zip(cards, expectedTensors))
    if let name {
      chosen = chosen.filter { $0.0.name == name }
      guard !chosen.isEmpty else { throw .unknownCard(name) }
    }
    var fitting = chosen.filter { $0.1.fits(assembly) }
    if fitting.isEmpty {
      // A head of other classes is a head, and a model may be given one.
      fitting = chosen.compactMap { card, _ in
        guard let card = card.withHead(of: assembly) else { return nil }
        let expected = ExpectedTensors(card)
        return expected.fits(assembly) ? (card, expected) : nil
      }
    }
    let disambiguation = Disambiguation(of: checkpoint, assembly, fileName: fileName)
    let likely = fitting.enumerated().sorted {
      let (a, b) = (
        disambiguation.weight(of: $0.element.0), disambiguation.weight(of: $1.element.0)
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
      checkpointLayout: assembly.checkpointLayout, others: likely.dropFirst().map(\.0),
      tensors: expected.tensors(of: assembly), unused: assembly.unused)
  }

  /// Differences beyond which the file is more likely one of another distribution, whose mark it
  /// lacks.
  private static let strange = 32

  private func nearest(
    _ assembly: Assembly, _ chosen: [(ModelCard, ExpectedTensors)], _ checkpoint: Checkpoint
  ) -> Mismatch? {
    func least(_ assembly: Assembly) -> Mismatch? {
      let least = chosen.map { (pair: $0, distance: $0.1.distance(from: assembly)) }
        .min { $0.distance < $1.distance }?.pair
      return least.map { $0.1.mismatch(assembly, card: $0.0) }
    }
    let mismatch = least(assembly)
    guard let mismatch, mismatch.count > ModelCatalogue.strange else { return mismatch }
    let others = CheckpointLayout.all.compactMap { checkpointLayout in
      (try? Assembly(checkpoint, as: checkpointLayout)).flatMap { least($0) }
    }
    return ([mismatch] + others).min { $0.count < $1.count }
  }
}

extension ExpectedTensors {
  /// Whether a file has all these tensors and no others.
  fileprivate func fits(_ assembly: Assembly) -> Bool {
    var present = 0
    for tensor in tensors {
      guard let found = assembly.tensors[tensor.name] else {
        guard canFill(tensor, assembly) else { return false }
        continue
      }
      guard found.shape == tensor.shape else { return false }
      present += 1
    }
    return present == assembly.tensors.count && assembly.incomplete.isEmpty
  }

  /// Whether a tensor may be absent: where no block has it.
  private func canFill(_ tensor: Tensor, _ assembly: Assembly) -> Bool {
    tensor.filling != nil && !assembly.namesOfAnyBlock.contains(tensor.name.ofAnyBlock)
  }

  /// Tensors in which a file differs, and those of them that it has too many.
  fileprivate func distance(from assembly: Assembly) -> (all: Int, unexpected: Int) {
    var (different, known) = (0, 0)
    for tensor in tensors {
      guard let found = assembly.tensors[tensor.name] else {
        if !canFill(tensor, assembly) { different += 1 }
        continue
      }
      known += 1
      if found.shape != tensor.shape { different += 1 }
    }
    let unexpected = assembly.tensors.count - known
    return (different + unexpected, unexpected)
  }

  fileprivate func tensors(of assembly: Assembly) -> [AssembledTensor] {
    tensors.map { tensor in
      assembly.tensors[tensor.name]
        ?? AssembledTensor(name: tensor.name, shape: tensor.shape, parts: [filled(tensor)])
    }
  }

  private func filled(_ tensor: Tensor) -> AssembledTensor.Part {
    let count = tensor.shape.reduce(1, *)
    switch tensor.filling {
    case .zeros, nil: return .zeros(count)
    case .periods: return .values((0..<count).map { powf(100, Float($0) / Float(count)) })
    }
  }

  fileprivate func mismatch(_ assembly: Assembly, card: ModelCard) -> Mismatch {
    var mismatch = Mismatch(card: card.name)
    var left = assembly.tensors
    for tensor in tensors {
      guard let found = left.removeValue(forKey: tensor.name) else {
        if !canFill(tensor, assembly) { mismatch.missing += assembly.missing(tensor.name) }
        continue
      }
      if found.shape != tensor.shape {
        mismatch.misshapen += assembly.misshapen(found, wanted: tensor.shape)
      }
    }
    let known = Set(tensors.map(\.name))
    let parts = assembly.incomplete.filter { !known.contains($0.key) }.values.flatMap { $0 }
    mismatch.unexpected = (left.values.flatMap(\.sources) + parts).sorted()
    return mismatch
  }
}

extension ModelCard {
  /// The card with the head that a file has, whatever its classes; `nil` without one.
  fileprivate func withHead(of assembly: Assembly) -> ModelCard? {
    let name = family == .hiera ? "head.projection.weight" : "head.weight"
    guard let shape = assembly.tensors[name]?.shape, shape.count == 2 else { return nil }
    var card = self
    if card.head != nil {
      card.head?.classes = shape[0]
      card.head?.labels = nil
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
