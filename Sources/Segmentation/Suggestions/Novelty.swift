import Fields
package import LinearAlgebra

extension Suggestions {
  /// Most labelled pixels that places are compared with, classes having equal shares.
  static let mostRows = 256

  /// How unlike the labelled pixels an image looks at each place, 0…1.
  ///
  /// It is the distance to the nearest of them, each feature standardised over the places, divided by
  /// the largest; 0 everywhere without labels. 4 bytes are held for each place and feature, twice.
  package static func novelty(
    at places: Places, in image: TrainingImage, _ features: FeatureSet,
    workers: ThreadPool? = nil
  ) throws(SegmentationError) -> [Float] {
    try image.check(for: features)
    let rows = RowSelection(of: [image], limit: mostRows).pixels.map { (x: $0.x, y: $0.y) }
    guard !rows.isEmpty else { return Array(repeating: 0, count: places.count) }
    let points = (0..<places.count).map { places[$0] }
    let all = features.sample(image, at: points + rows, workers: workers)
    let isFinite = (0..<all.rows).allSatisfy { all.row($0).allSatisfy(\.isFinite) }
    guard isFinite else { throw .notFinite(rows: all.rows) }
    let seen = MutableMatrix(rows: points.count, columns: all.columns)
    seen.all.copy(all[rows: 0..<points.count])
    let standardisation = Standardisation(of: seen.frozen())
    let standard = MutableMatrix(
      rows: all.rows, columns: all.columns,
      (0..<all.rows).flatMap { standardisation(all.row($0)) }
    ).frozen()
    let products = MutableMatrix(rows: points.count, columns: rows.count)
    multiply(
      standard[rows: 0..<points.count], transposed: standard[rows: points.count..<all.rows],
      into: products.all)
    let squares = (0..<all.rows).map { row in standard.row(row).reduce(0) { $0 + $1 * $1 } }
    let distances = points.indices.map { place -> Float in
      let nearest = rows.indices.map { row in
        squares[place] + squares[points.count + row] - 2 * products[place, row]
      }.min()
      return max(nearest ?? 0, 0).squareRoot()
    }
    let largest = distances.max() ?? 0
    return largest > 0 ? distances.map { $0 / largest } : distances
  }
}

extension FeatureSet {
  /// An image's features at some pixels, before they are standardised, `[points.count, dim]`.
  fileprivate func sample(
    _ image: TrainingImage, at points: [(x: Int, y: Int)], workers: ThreadPool?
  ) -> Matrix {
    let deep = isDeep ? image.deep : []
    let out = MutableMatrix(rows: points.count, columns: dim(deep: image.deepDim))
    var column = 0
    for field in deep {
      let part = MutableMatrix(rows: points.count, columns: field.dim)
      field.sample(points, into: part.all, workers: workers)
      out[rows: 0..<points.count, columns: column..<column + field.dim].copy(part.view)
      column += field.dim
    }
    if let classical, let grey = image.grey {
      let part = ClassicalFeatures(of: grey, classical).sample(points, workers: workers)
      out[rows: 0..<points.count, columns: column..<column + part.columns].copy(part.all)
    }
    return out.frozen()
  }
}
