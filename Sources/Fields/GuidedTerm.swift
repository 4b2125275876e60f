import Encoders
import Imaging
import LinearAlgebra

/// One view's map, upsampled with its image's own weights, and interpolated to pixels.
///
/// The pixel (x, y) is `constant + Σ vertical[y, a] · horizontal[x, b] · finer[a, b]`, where the
/// finer map is linear in the map: a linear map of channels acts on the map and on the constant.
struct GuidedTerm: Sendable {
  let guided: GuidedMap
  /// `[shown.height]` over the finer map's rows.
  let vertical: AxisWeights
  /// `[shown.width]` over the finer map's columns.
  let horizontal: AxisWeights

  /// Creates a term whose cells divide the canvas evenly; a pixel is between the nearest of them.
  init(_ guided: GuidedMap, on canvas: Canvas) {
    func weights(_ length: Int, _ cells: Int, _ shown: Int) -> AxisWeights {
      AxisWeights(
        length: length, cells: cells, patch: 1, stride: 1, upsampling: .bilinear,
        alignment: .image
      ).prefix(shown)
    }
    let (finest, size) = (guided.upsampling.finest, canvas.encoded)
    self.init(
      guided, weights(size.height, finest.rows, canvas.shown.height),
      weights(size.width, finest.columns, canvas.shown.width))
  }

  private init(_ guided: GuidedMap, _ vertical: AxisWeights, _ horizontal: AxisWeights) {
    (self.guided, self.vertical, self.horizontal) = (guided, vertical, horizontal)
  }

  /// The same under an affine map of the channels, `[k, dim]` and `[k]`.
  func projected(onto w: Matrix, bias: [Float]?) -> GuidedTerm {
    let map = guided.map
    let vectors = MutableMatrix(rows: map.vectors.rows, columns: w.rows)
    multiply(map.vectors.all, transposed: w.all, into: vectors.all)
    let constant = (0..<w.rows).map { row in
      let products = zip(w.row(row), guided.constant).map { Double($0) * Double($1) }
      return Float(products.reduce(Double(bias?[row] ?? 0), +))
    }
    return with(vectors.frozen(), constant)
  }

  /// The same with some channels alone.
  func channels(_ range: Range<Int>) -> GuidedTerm {
    let map = guided.map
    let vectors = MutableMatrix(rows: map.vectors.rows, columns: range.count)
    vectors.all.copy(map.vectors[rows: 0..<map.vectors.rows, columns: range])
    return with(vectors.frozen(), Array(guided.constant[range]))
  }

  /// The same less a vector at every pixel, `[dim]`.
  func less(_ centre: [Float]) -> GuidedTerm {
    with(guided.map.vectors, zip(guided.constant, centre).map { $0 - $1 })
  }

  /// The same without its parts along some unit vectors that are orthogonal, `[count, dim]`.
  func without(_ directions: Matrix) -> GuidedTerm {
    let constant = Matrix(rows: 1, columns: guided.constant.count, guided.constant)
    return with(
      guided.map.vectors.without(directions), constant.without(directions).values)
  }

  private func with(_ vectors: Matrix, _ constant: [Float]) -> GuidedTerm {
    GuidedTerm(
      GuidedMap(
        map: FeatureMap(grid: guided.map.grid, vectors: vectors), upsampling: guided.upsampling,
        constant: constant), vertical, horizontal)
  }
}

/// Interpolates a map that is upsampled on demand, only the cells that a block needs at a time.
struct GuidedInterpolator: Interpolator {
  private let term: GuidedTerm
  /// The vector subtracted from every pixel: the constant's negative.
  private let centre: Matrix

  let block = Size(width: 64, height: 64)

  init(_ term: GuidedTerm) {
    self.term = term
    let constant = term.guided.constant
    centre = Matrix(rows: 1, columns: constant.count, constant.map { -$0 })
  }

  var dim: Int { centre.columns }

  /// Empty: the memory needed depends on the rows.
  func makeScratch() -> MutableMatrix { MutableMatrix(rows: 0, columns: dim) }

  func repeats(_ row: Int) -> Bool { false }

  func interpolate(
    _ rows: Range<Int>, _ columns: Range<Int>, into out: MutableMatrixView, rowStride: Int,
    scratch: MutableMatrix
  ) {
    let (vertical, horizontal) = (term.vertical, term.horizontal)
    let (down, across) = (vertical.cells(under: rows), horizontal.cells(under: columns))
    let cells = term.guided.upsampling.cells(rows: down, columns: across, of: term.guided.map)
    for (index, row) in rows.enumerated() {
      var mixture = SparseRows()
      for column in columns {
        for (y, height) in vertical.entries(row) {
          for (x, width) in horizontal.entries(column) {
            mixture.append(
              cell: (y - down.lowerBound) * across.count + x - across.lowerBound,
              weight: height * width)
          }
        }
        mixture.endRow()
      }
      let line = out[rows: index * rowStride..<index * rowStride + columns.count]
      RowKernels.current.expand(cells.all, by: mixture, into: line)
      RowKernels.current.combine([line.view], weights: [1], centre: centre, into: line)
    }
  }
}

extension AxisWeights {
  /// The range from the first to the last cell that some positions depend on.
  fileprivate func cells(under positions: Range<Int>) -> Range<Int> {
    let cells = positions.flatMap { [Int(first[$0]), Int(second[$0])] }
    return (cells.min() ?? 0)..<(cells.max() ?? -1) + 1
  }
}
