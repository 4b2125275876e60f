import LinearAlgebra

/// A linear model that takes features as they are: the standardisation is folded into it.
///
/// `w / σ` for each classical feature, and `b − Σ w μ / σ`, in double precision and then float32.
struct FoldedModel: Sendable, Hashable {
  /// `[classes, deep]`.
  let deep: [Float]
  /// `[classes, channels]`.
  let classical: [Float]
  /// `[classes]`.
  let bias: [Float]

  init(_ model: LinearModel, deepDim: Int, _ standardisation: Standardisation) {
    let channels = standardisation.mean.count
    var (deep, classical, bias): ([Float], [Float], [Float]) = ([], [], [])
    for k in model.ids.indices {
      let w = model.coefficients[k * model.dim..<(k + 1) * model.dim]
      deep += w.prefix(deepDim).map { Float($0) }
      var constant = model.intercepts[k]
      for channel in 0..<channels {
        let weight =
          w[k * model.dim + deepDim + channel] / standardisation.scale[channel]
        classical.append(Float(weight))
        constant -= weight * standardisation.mean[channel]
      }
      bias.append(Float(constant))
    }
    (self.deep, self.classical, self.bias) = (deep, classical, bias)
  }

  /// The weights of some of the vectors' dimensions, `[classes, columns.count]`.
  func weights(of columns: Range<Int>) -> Matrix {
    let all = Matrix(rows: bias.count, columns: deep.count / bias.count, deep)
    let part = MutableMatrix(rows: bias.count, columns: columns.count)
    part.all.copy(all[rows: 0..<bias.count, columns: columns])
    return part.frozen()
  }

  /// All weights, `[classes, deep + channels]`.
  func joined(deepDim: Int, channels: Int) -> [Float] {
    bias.indices.flatMap { k in
      deep[k * deepDim..<(k + 1) * deepDim] + classical[k * channels..<(k + 1) * channels]
    }
  }
}
