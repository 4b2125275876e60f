/// How a tensor of a distribution becomes one that layers ask for, or a part of it.
struct Renaming: Sendable, Hashable {
  /// What is done beside the change of name.
  enum Step: Sendable, Hashable {
    case asIs
    /// It is one of so many parts that follow one another along the first axis; parts that the
    /// distribution never has are zeros.
    case part(Int, of: Int)
    /// The keys' third is replaced by zeros, as the mask beside it asks.
    case withoutKeyBias
    /// A row of zeros, which stands for the class token, comes before the others.
    case afterClassRow
    /// A matrix whose columns are three planes of square patches gets the axes of a convolution.
    case unfoldedPatches
  }

  let from: NamePattern
  /// `nil` when no loader asks for it.
  let to: NamePattern?
  let step: Step

  init(_ from: String, _ to: String?, _ step: Step = .asIs) {
    self.from = NamePattern(from)
    self.to = to.map { NamePattern($0) }
    self.step = step
  }

  /// Weight and bias of a layer, each under its own name.
  static func layer(_ from: String, _ to: String, _ step: Step = .asIs) -> Renaming {
    Renaming("\(from).*", "\(to).*", step)
  }
}
