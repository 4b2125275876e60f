import Fields
import LinearAlgebra

/// One thread's memory for bands.
struct BandScratch: Sendable {
  private let width: Int
  /// Classical features, `[channels, pixels]`.
  private let planes: MutableMatrix
  private let scores: MutableMatrix
  /// What is read from a field: of all pixels classes' scores, or of a row's what trees ask for.
  private let rows: MutableMatrix
  private let more: MutableMatrix
  private let features: PictureKernels.Scratch?

  init(
    _ readout: ClassifierReadout, classes: Int, channels: Int, rows height: Int, width: Int
  ) {
    let pixels = height * width
    self.width = width
    // Planes that are not a power of two apart do not share a cache's sets.
    planes = MutableMatrix(rows: channels, columns: channels > 0 ? pixels + 16 : 0)
    scores = MutableMatrix(rows: classes, columns: pixels)
    switch readout {
    case .folded:
      rows = MutableMatrix(rows: pixels, columns: classes)
      more = MutableMatrix(rows: pixels, columns: classes)
    case .trees(let trees):
      rows = MutableMatrix(rows: width, columns: trees.dims.count)
      more = MutableMatrix(rows: width, columns: trees.dims.count)
    }
    features =
      channels > 0 ? PictureKernels.current.makeScratch(rows: height, columns: width) : nil
  }

  /// The scores of a band's pixels, `[classes, pixels]`.
  func scores(
    of band: Range<Int>, fields: [FeatureField], classical: ClassicalFeatures?,
    _ readout: ClassifierReadout
  ) -> MatrixView {
    let pixels = band.count * width
    let part = planes[
      rows: 0..<planes.rows, columns: 0..<(classical == nil ? 0 : pixels)]
    if let classical, let features {
      classical.fill(rows: band, columns: 0..<width, into: part, scratch: features)
    }
    let out = scores[rows: 0..<scores.rows, columns: 0..<pixels]
    switch readout {
    case .folded(let model): add(model, band, fields, part.view, into: out)
    case .trees(let trees):
      for (index, row) in band.enumerated() {
        let columns = index * width..<(index + 1) * width
        trees.scores(
          rows: vectors(row, fields),
          planes: part.view[columns: classical == nil ? 0..<0 : columns],
          into: out[columns: columns])
      }
    }
    return out.view
  }

  private func add(
    _ model: FoldedModel, _ band: Range<Int>, _ fields: [FeatureField], _ planes: MatrixView,
    into out: MutableMatrixView
  ) {
    for (index, field) in fields.enumerated() {
      let target = (index == 0 ? rows : more)[rows: 0..<out.columns]
      field.rows(band, into: target)
      guard index > 0 else { continue }
      let sum = rows[rows: 0..<out.columns]
      RowKernels.current.combine([sum.view, target.view], weights: [1, 1], into: sum)
    }
    let source =
      planes.rows == 0 ? scores.view[rows: 0..<0, columns: 0..<out.columns] : planes
    ScoreKernels.current.project(
      source, onto: model.classical, bias: model.bias,
      adding: fields.isEmpty ? nil : rows.view[rows: 0..<out.columns], into: out)
  }

  /// A row's values of the fields side by side, `[width, dims]`.
  private func vectors(_ row: Int, _ fields: [FeatureField]) -> MatrixView {
    if fields.count == 1 {
      fields[0].rows(row..<row + 1, into: rows.all)
    } else {
      var column = 0
      for field in fields where field.dim > 0 {
        let part = MutableMatrix(rows: width, columns: field.dim)
        field.rows(row..<row + 1, into: part.all)
        rows[rows: 0..<width, columns: column..<column + field.dim].copy(part.view)
        column += field.dim
      }
    }
    return rows.view
  }
}
