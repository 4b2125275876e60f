import Fields
import Imaging
import LinearAlgebra

/// One thread's memory for bands.
struct BandScratch: Sendable {
  /// Every such pixel of every such row is taken, from the first.
  private let step: Int
  /// Pixels of a row, and those that are taken.
  private let across: Int
  private let width: Int
  /// Classical features, `[channels, pixels]`.
  private let planes: MutableMatrix
  private let scores: MutableMatrix
  /// What is read from a field: of all pixels classes' scores, or of a row's what trees ask for.
  private let rows: MutableMatrix
  private let more: MutableMatrix
  /// Of all pixels of a band, where not all are taken.
  private let whole: MutableMatrix
  private let features: PictureKernels.Scratch?

  init(
    _ readout: ClassifierReadout, classes: Int, _ classical: ClassicalFeatures?,
    rows height: Int, width across: Int, step: Int
  ) {
    let (channels, width) = (classical?.channels ?? 0, across.taken(every: step))
    let pixels = height.taken(every: step) * width
    (self.step, self.across, self.width) = (step, across, width)
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
    whole = MutableMatrix(rows: step > 1 ? height * across : 0, columns: rows.columns)
    features = classical?.makeScratch(rows: height, columns: across, step: step)
  }

  /// The scores of a band's pixels that are taken, `[classes, pixels]`.
  func scores(
    of band: Range<Int>, fields: [FeatureField], classical: ClassicalFeatures?,
    _ readout: ClassifierReadout
  ) -> MatrixView {
    let pixels = band.count.taken(every: step) * width
    let part = planes[
      rows: 0..<planes.rows, columns: 0..<(classical == nil ? 0 : pixels)]
    if let classical, let features {
      classical.fill(
        rows: band, columns: 0..<classical.size.width, step: step, into: part, scratch: features)
    }
    let out = scores[rows: 0..<scores.rows, columns: 0..<pixels]
    switch readout {
    case .folded(let model): add(model, band, fields, part.view, into: out)
    case .trees(let trees):
      for (index, row) in stride(from: band.lowerBound, to: band.upperBound, by: step).enumerated()
      {
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
      read(field, band, into: target)
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

  /// A field's values at a band's pixels that are taken, `[pixels, dim]`.
  private func read(_ field: FeatureField, _ band: Range<Int>, into out: MutableMatrixView) {
    guard step > 1 else { return field.rows(band, into: out) }
    // Rows that follow each other are interpolated together.
    let memory =
      field.dim == whole.columns
      ? whole : MutableMatrix(rows: band.count * across, columns: field.dim)
    let all = memory[rows: 0..<band.count * across]
    field.rows(band, into: all)
    for index in 0..<band.count.taken(every: step) {
      let row = all[rows: index * step * across..<(index * step + 1) * across]
      out[rows: index * width..<(index + 1) * width].copy(row.view.everyRow(step, from: 0))
    }
  }

  /// A row's values of the fields side by side, `[width, dims]`.
  private func vectors(_ row: Int, _ fields: [FeatureField]) -> MatrixView {
    let band = row..<row + 1
    if fields.count == 1 {
      read(fields[0], band, into: rows.all)
    } else {
      var column = 0
      for field in fields where field.dim > 0 {
        let part = MutableMatrix(rows: width, columns: field.dim)
        read(field, band, into: part.all)
        rows[rows: 0..<width, columns: column..<column + field.dim].copy(part.view)
        column += field.dim
      }
    }
    return rows.view
  }
}
