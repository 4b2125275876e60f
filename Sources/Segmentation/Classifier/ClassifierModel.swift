/// What tells a row's class.
package enum ClassifierModel: Sendable, Hashable {
  /// Of the features as they were standardised.
  case linear(LinearModel)
  /// Of the features as they are.
  case trees(TreeEnsemble)

  /// The linear model that it is; `nil` of trees.
  package var linear: LinearModel? {
    if case .linear(let model) = self { model } else { nil }
  }

  /// The ids of its classes, ascending.
  package var ids: [UInt8] {
    switch self {
    case .linear(let model): model.ids
    case .trees(let trees): trees.ids
    }
  }

  /// Features of a row.
  package var dim: Int {
    switch self {
    case .linear(let model): model.dim
    case .trees(let trees): trees.dim
    }
  }

  /// Its name in files.
  package var kind: String {
    switch self {
    case .linear(let model): model.kind.rawValue
    case .trees(let trees):
      if case .mean = trees.combination {
        ClassifierModel.forestKind
      } else {
        ClassifierModel.boostingKind
      }
    }
  }

  static let (forestKind, boostingKind) = ("forest", "boosting")

  /// Whether it tells how likely classes are: the softmax of a ridge's scores says nothing.
  package var hasProbabilities: Bool {
    linear?.kind.hasProbabilities ?? true
  }
}
