package import LinearAlgebra

/// Descriptors of many images, to be compared with one: a matrix of unit rows, `[images, dim]`.
package struct DescriptorIndex: Sendable {
  private let unit: Matrix

  package init(_ descriptors: Matrix) {
    let out = MutableMatrix(rows: descriptors.rows, columns: descriptors.columns)
    out.all.copy(descriptors.all)
    RowKernels.current.normalise(out.all)
    unit = out.frozen()
  }

  package var count: Int { unit.rows }

  /// The images nearest to a descriptor, of equal cosines the first; at most `most`.
  package func nearest(
    to descriptor: [Float], most: Int, workers: ThreadPool? = nil
  ) -> [(image: Int, cosine: Float)] {
    let query = MutableMatrix(rows: 1, columns: descriptor.count, descriptor)
    RowKernels.current.normalise(query.all)
    let cosines = MutableMatrix(rows: unit.rows, columns: 1)
    let blocks = Blocks(of: unit.rows, atMost: 2048)
    workers.forEach(blocks.count) { [unit] index, _ in
      multiply(
        unit[rows: blocks[index]], transposed: query.view, into: cosines[rows: blocks[index]])
    }
    let values = cosines.values
    return values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }.prefix(most)
      .map { ($0, max(-1, min(1, values[$0]))) }
  }
}
