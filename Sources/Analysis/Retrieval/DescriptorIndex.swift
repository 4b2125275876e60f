package import LinearAlgebra

/// Descriptors of many images, to be compared with one: a matrix of unit rows, `[images, dim]`.
package struct DescriptorIndex: Sendable {
  private let unit: Matrix

  package init(_ descriptors: Matrix) { unit = descriptors.unitRows }

  private init(unit: Matrix) { self.unit = unit }

  package var count: Int { unit.rows }
  package var dim: Int { unit.columns }

  /// Some of the images, and then others that are compared alike.
  package func keeping(_ rows: [Int], then others: DescriptorIndex? = nil) -> DescriptorIndex {
    let further = others?.count ?? 0
    let joined = MutableMatrix(rows: rows.count + further, columns: unit.columns)
    for (place, row) in rows.enumerated() {
      joined.all[rows: place..<place + 1].copy(unit[rows: row..<row + 1])
    }
    if let others, further > 0 {
      joined.all[rows: rows.count..<rows.count + further].copy(others.unit.all)
    }
    return DescriptorIndex(unit: joined.frozen())
  }

  /// The cosine of each image with a descriptor; an image's own does not depend on the others.
  package func cosines(with descriptor: [Float]) -> [Float] {
    let query = MutableMatrix(rows: 1, columns: descriptor.count, descriptor)
    RowKernels.current.normalise(query.all)
    return ScoreKernels.current.products(
      unit.all, by: query.values.map { Double($0) }, bias: [0]
    ).map { max(-1, min(1, Float($0))) }
  }

  /// The images nearest to a descriptor, of equal cosines the first; at most `most`.
  package func nearest(to descriptor: [Float], most: Int) -> [(image: Int, cosine: Float)] {
    let values = cosines(with: descriptor)
    return values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }.prefix(most)
      .map { ($0, values[$0]) }
  }
}
