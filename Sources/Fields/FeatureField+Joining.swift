import Encoders
import Imaging
package import LinearAlgebra

/// Fields with equal pixels from fewer or other vectors, and sums over all pixels.
extension FeatureField {
  /// The mean vector over all pixels, `[1, dim]`.
  package func mean(workers: ThreadPool? = nil) -> Matrix {
    precondition(postProcess == .none, "a mean of vectors that are no linear mixture")
    guard guided != nil else { return Covariance.mean(of: self) }
    let sums = strips(workers) { _, pixels in
      ScoreKernels.current.sums(
        pixels, by: Array(repeating: 1, count: pixels.rows), classes: 1)
    }
    let pixels = Double(shown.width * shown.height)
    return Matrix(
      rows: 1, columns: dim,
      (0..<dim).map { column in Float(sums.reduce(0) { $0 + $1[column] } / pixels) })
  }

  /// The mean over all pixels of the squared distance from a vector, `[1, dim]`.
  package func meanSquare(about centre: Matrix, workers: ThreadPool? = nil) -> Double {
    precondition(postProcess == .none, "lengths of vectors that are no linear mixture")
    guard let guided else {
      return OverlappingGrids(self).meanSquare(about: centre, workers: workers)
    }
    let centred = FeatureField(shown: shown, guided: guided.less(centre.values))
    let norms = Norms(of: centred, workers: workers).values
    return norms.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(norms.count)
  }

  /// The same field less a vector at every pixel, `[1, dim]`, from fewer vectors where it can be.
  ///
  /// Views whose cells have the same weights at every pixel, such as flips of an image whose patches
  /// are placed evenly, become one: the mean of their vectors.
  package func joined(about centre: Matrix? = nil, workers: ThreadPool? = nil) -> FeatureField {
    precondition(postProcess == .none, "a centre of vectors that were finished")
    if let guided {
      return centre.map { FeatureField(shown: shown, guided: guided.less($0.values)) } ?? self
    }
    var members: [[Int]: [Term]] = [:]
    var order: [[Int]] = []
    for (index, term) in terms.enumerated() {
      let key = [groups.vertical[index], groups.horizontal[index]]
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(term)
    }
    return FeatureField(
      shown: shown,
      terms: order.map { key in
        let alike = members[key] ?? []
        let weight = alike.reduce(0) { $0 + $1.weight }
        let vectors = MutableMatrix(rows: alike[0].map.vectors.rows, columns: dim)
        let slices = (0..<vectors.rows).blocks(of: 512)
        workers.forEach(slices.count) { slice, _ in
          RowKernels.current.combine(
            alike.map { $0.map.vectors[rows: slices[slice]] },
            weights: alike.map { Float($0.weight) / Float(weight) }, centre: centre,
            into: vectors[rows: slices[slice]])
        }
        return Term(
          view: alike[0].view, weight: weight, vertical: alike[0].vertical,
          horizontal: alike[0].horizontal,
          map: alike[0].with(vectors.frozen()).map)
      })
  }

  /// The same field without its parts along some unit vectors that are orthogonal, `[count, dim]`:
  /// `v − Bᵀ B v` at every pixel.
  package func without(_ directions: Matrix, workers: ThreadPool? = nil) -> FeatureField {
    precondition(postProcess == .none, "a linear map of vectors that were finished")
    precondition(directions.columns == dim, "directions of \(directions.columns) for \(dim) dims")
    if let guided {
      return FeatureField(shown: shown, guided: guided.without(directions))
    }
    let vectors = workers.map(terms.count) { [terms] index, _ in
      terms[index].map.vectors.widened.without(directions)
    }
    return FeatureField(shown: shown, terms: zip(terms, vectors).map { $0.with($1) })
  }
}

extension Matrix {
  /// Rows without their parts along some unit vectors that are orthogonal, `[count, columns]`.
  package func without(_ directions: Matrix) -> Matrix {
    let scores = MutableMatrix(rows: rows, columns: directions.rows)
    multiply(all, transposed: directions.all, into: scores.all)
    let rest = MutableMatrix(rows: rows, columns: columns)
    rest.all.copy(all)
    multiply(scores.view, by: directions.all, into: rest.all, scale: -1, adding: true)
    return rest.frozen()
  }
}
