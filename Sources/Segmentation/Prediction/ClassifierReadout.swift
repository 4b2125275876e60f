import Fields
import LinearAlgebra

/// A classifier's model as it is applied to an image.
enum ClassifierReadout: Sendable, Hashable {
  case folded(FoldedModel)
  case trees(TreeReadout)

  init(_ model: ClassifierModel, deepDim: Int, _ standardisation: Standardisation) {
    switch model {
    case .linear(let model):
      self = .folded(FoldedModel(model, deepDim: deepDim, standardisation))
    case .trees(let trees): self = .trees(TreeReadout(trees, deepDim: deepDim))
    }
  }

  /// The fields of what the model needs of the vectors, side by side: the classes' scores, or the
  /// dimensions that trees ask for.
  func projected(_ deep: [FeatureField], _ workers: ThreadPool?) -> [FeatureField] {
    var column = 0
    return deep.map { field in
      let columns = column..<column + field.dim
      column += field.dim
      let map =
        switch self {
        case .folded(let model): model.weights(of: columns)
        case .trees(let trees): trees.selection(of: columns)
        }
      return field.projected(onto: map, workers: workers)
    }
  }
}
