/// Blocks of rows of one width, at hand to be mixed by their numbers: `[rows, dim]` each.
// SAFETY: the pointers are those of `views`, which keeps their matrices; nothing changes.
@safe package struct RowBlocks: @unchecked Sendable {
  package let dim: Int
  private let views: [MatrixView]
  let pointers: [UnsafePointer<Float>?]

  /// The views must be dense, their rows following one another without gaps.
  package init(_ views: [MatrixView], dim: Int) {
    for view in views {
      precondition(
        view.columns == dim && view.isDense, "[\(view.rows), \(view.columns)] of \(dim) dims")
    }
    self.dim = dim
    self.views = views
    // SAFETY: `views` keeps the matrices as long as the pointers are kept.
    unsafe pointers = views.map { unsafe $0.base }
  }

  package var count: Int { views.count }

  package subscript(index: Int) -> MatrixView { views[index] }

  /// Stops the program unless each of the numbered blocks has the rows.
  func check(_ blocks: some Sequence<Int32>, hold rows: Range<Int>) {
    precondition(rows.lowerBound >= 0, "rows \(rows)")
    for block in blocks {
      precondition(
        Int(block) < views.count && rows.upperBound <= views[Int(block)].rows,
        "rows \(rows) of block \(block) of \(views.count)")
    }
  }
}
