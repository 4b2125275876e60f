import Encoders
package import Fields
package import Imaging
package import LinearAlgebra

/// The pixels of one image as clusters see them: a field, and channels of each pixel beside it.
///
/// Neither the vectors of pixels nor their distances are kept. The product of a centroid with every
/// pixel is a linear readout of the field, and the sum of the pixels of a cluster is the adjoint of
/// its upsampling: cells times the weights with which these pixels are mixed from them.
package struct PixelVectors: Sendable {
  let field: FeatureField
  /// The length by which each pixel is divided, `[height · width]`; `nil` for none.
  let lengths: [Float]?
  /// Channels beside the field's, `[channels, height · width]`.
  let planes: Matrix?
  /// `Σ |x|²` over all pixels.
  let squares: Double
  /// What was taken from every vector of the field, `[1, dim]`.
  let centre: Matrix
  /// The pixels that count, `[height · width]`; `nil` for all.
  let mask: [Bool]?

  package var size: Size { field.shown }
  var dim: Int { field.dim }
  var channels: Int { planes?.rows ?? 0 }
  var count: Int { size.width * size.height }
  /// The number of pixels that count.
  var members: Int { mask?.count { $0 } ?? count }

  /// Creates the vectors `field − centre`, of length one where `isUnit`, with `planes` beside them.
  package init(
    _ field: FeatureField, centre: Matrix? = nil, isUnit: Bool = false, planes: Matrix? = nil,
    workers: ThreadPool? = nil
  ) {
    let pixels = field.shown.width * field.shown.height
    precondition(planes.map { $0.columns == pixels } ?? true, "planes of other pixels")
    precondition(!isUnit || planes == nil, "unit vectors with channels beside them")
    mask = nil
    self.centre = centre ?? Matrix(rows: 1, columns: field.dim)
    self.field = field.joined(about: centre, workers: workers)
    self.planes = planes
    if isUnit {
      let lengths = Norms(of: self.field, workers: workers).values
      self.lengths = lengths
      squares = Double(lengths.count { $0 > 0 })
    } else {
      lengths = nil
      let zero = Matrix(rows: 1, columns: field.dim)
      let beside = workers.map(planes?.rows ?? 0) { row, _ in
        planes?.row(row).reduce(0.0) { $0 + Double($1) * Double($1) } ?? 0
      }
      squares =
        self.field.meanSquare(about: zero, workers: workers) * Double(pixels)
        + beside.reduce(0, +)
    }
  }

  private init(_ whole: PixelVectors, mask: [Bool], squares: Double) {
    (field, lengths, planes, centre) = (whole.field, whole.lengths, whole.planes, whole.centre)
    (self.mask, self.squares) = (mask, squares)
  }

  /// The same vectors where only some pixels count, `[height · width]`.
  package func within(_ mask: [Bool], workers: ThreadPool? = nil) -> PixelVectors {
    precondition(mask.count == count, "a mask of \(mask.count) pixels for \(size)")
    guard lengths == nil else {
      let there = zip(mask, lengths ?? []).count { $0 && $1 > 0 }
      return PixelVectors(self, mask: mask, squares: Double(there))
    }
    func sum(_ values: [Float]) -> Double {
      zip(mask, values).reduce(0.0) { $1.0 ? $0 + Double($1.1) * Double($1.1) : $0 }
    }
    let beside = (0..<channels).reduce(0.0) { $0 + sum(planes?.row($1) ?? []) }
    let deep = sum(Norms(of: field, workers: workers).values)
    return PixelVectors(self, mask: mask, squares: deep + beside)
  }
}

// MARK: - Vectors to begin from

extension PixelVectors {
  /// Cells with the number of pixels that each stands for, or evenly placed pixels where the vectors
  /// have more than the cells do; `most` of them at most.
  func seeds(atMost most: Int, workers: ThreadPool?) -> (rows: Matrix, weights: [Double]) {
    if let mask {
      let places = mask.indices.filter { mask[$0] }
      let step = max(1, (places.count + most - 1) / most)
      return pixels(
        stride(from: (step - 1) / 2, to: places.count, by: step).map {
          (x: places[$0] % size.width, y: places[$0] / size.width)
        }, workers)
    }
    return planes == nil && !field.terms.isEmpty
      ? cells(atMost: most) : pixels(placed(atMost: most), workers)
  }

  private func cells(atMost most: Int) -> (rows: Matrix, weights: [Double]) {
    let all = field.terms.reduce(0) { $0 + $1.map.grid.count }
    let step = max(1, (all + most - 1) / most)
    var (views, weights): ([MatrixView], [Double]) = ([], [])
    var place = 0
    for term in field.terms {
      let (heights, widths) = (term.vertical.reach, term.horizontal.reach)
      let share = Double(term.weight) / Double(field.weight)
      for (row, height) in heights.enumerated() {
        for (column, width) in widths.enumerated() {
          defer { place += 1 }
          guard place % step == 0, height * width > 0 else { continue }
          let cell = row * widths.count + column
          views.append(term.map.vectors[rows: cell..<cell + 1])
          weights.append(share * height * width)
        }
      }
    }
    let rows = MutableMatrix(rows: views.count, columns: dim)
    for (row, view) in views.enumerated() { rows[rows: row..<row + 1].copy(view) }
    if lengths != nil { RowKernels.current.normalise(rows.all) }
    return (rows.frozen(), weights)
  }

  /// Evenly placed pixels.
  private func placed(atMost most: Int) -> [(x: Int, y: Int)] {
    var step = 1
    func number(_ length: Int) -> Int { (length + step - 1) / step }
    while number(size.width) * number(size.height) > most { step += 1 }
    return (0..<number(size.height)).flatMap { row in
      (0..<number(size.width)).map { column in
        (
          x: min(column * step + step / 2, size.width - 1),
          y: min(row * step + step / 2, size.height - 1)
        )
      }
    }
  }

  private func pixels(
    _ points: [(x: Int, y: Int)], _ workers: ThreadPool?
  ) -> (rows: Matrix, weights: [Double]) {
    let vectors = MutableMatrix(rows: points.count, columns: dim)
    field.sample(points, into: vectors.all, workers: workers)
    if lengths != nil { RowKernels.current.normalise(vectors.all) }
    let rows = MutableMatrix(rows: points.count, columns: dim + channels)
    rows[rows: 0..<points.count, columns: 0..<dim].copy(vectors.view)
    if let planes {
      for (row, point) in points.enumerated() {
        for channel in 0..<channels {
          rows[row, dim + channel] = planes[channel, point.y * size.width + point.x]
        }
      }
    }
    let share = Double(members) / Double(max(points.count, 1))
    return (rows.frozen(), Array(repeating: share, count: points.count))
  }
}
