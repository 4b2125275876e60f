/// Where each element of a patch is read from: plane[rowOffset + columnOffset].
///
/// Two lists of offsets carry any view in which the axes keep to themselves, so no transformed copy
/// of the image is made.
package struct PatchReader: Sendable {
  private let rowOffsets: [Int]
  private let columnOffsets: [Int]
  private let patch: Int
  private let stride: Int
  /// Patches in a row of the grid.
  private let gridColumns: Int

  /// `rowOffsets` has one entry for each row of the view, `columnOffsets` for each column.
  package init(
    rowOffsets: [Int], columnOffsets: [Int], patch: Int, stride: Int, gridColumns: Int
  ) {
    self.rowOffsets = rowOffsets
    self.columnOffsets = columnOffsets
    self.patch = patch
    self.stride = stride
    self.gridColumns = gridColumns
  }

  /// The pixels of some patches, channel after channel, row after row, `[patches, channels · P ·
  /// P]`.
  package func read(_ patches: Range<Int>, of planes: Matrix, into result: MutableMatrixView) {
    precondition(
      result.rows == patches.count && result.columns == planes.rows * patch * patch,
      "\(patches.count) patches into \(result.shape)")
    check(patches, planes)
    for (row, index) in patches.enumerated() {
      let top = index / gridColumns * stride
      let left = index % gridColumns * stride
      // SAFETY: every offset lies inside a plane and every patch inside the offsets, checked above.
      var target = unsafe result.base + row * result.stride
      for channel in 0..<planes.rows {
        let plane = unsafe planes.base + channel * planes.columns
        for y in top..<top + patch {
          let line = unsafe plane + rowOffsets[y]
          for x in left..<left + patch {
            unsafe target.pointee = line[columnOffsets[x]]
            unsafe target += 1
          }
        }
      }
    }
  }

  private func check(_ patches: Range<Int>, _ planes: Matrix) {
    guard let last = patches.last else { return }
    precondition(
      patches.lowerBound >= 0 && last / gridColumns * stride + patch <= rowOffsets.count
        && (gridColumns - 1) * stride + patch <= columnOffsets.count,
      "patch \(last) beyond the view")
    let reach = (rowOffsets.max() ?? 0) + (columnOffsets.max() ?? 0)
    let least = min(rowOffsets.min() ?? 0, columnOffsets.min() ?? 0)
    precondition(least >= 0 && reach < planes.columns, "offset \(reach) of \(planes.columns)")
  }
}
