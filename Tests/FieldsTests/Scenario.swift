import Encoders
import Fields
import Imaging
import LinearAlgebra

/// Pseudorandom numbers with a fixed sequence.
///
/// Source: Steele et al. 2014, SplitMix64.
struct Chance: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
  mutating func flip() -> Bool { Bool.random(using: &self) }

  mutating func matrix(_ rows: Int, _ columns: Int, around middle: Float = 0) -> Matrix {
    Matrix(
      rows: rows, columns: columns,
      (0..<rows * columns).map { _ in middle + Float.random(in: -1...1, using: &self) })
  }
}

/// A canvas, its views and synthetic features: all that a field is built from.
struct Scenario: Sendable {
  let canvas: Canvas
  let patch: Int
  let stride: Int
  let upsampling: Upsampling
  let alignment: Alignment
  let views: [(view: View, weight: Int, map: FeatureMap)]

  /// A small one of random shape: shifts beyond the image, flips, transpositions, repeated views.
  init(seed: Int, dims: [Int] = [1, 3, 64, 70], viewCount: Int? = nil) throws {
    var chance = Chance(state: UInt64(seed))
    let patch = 2 + chance.below(5)
    let stride = 1 + chance.below(patch)
    let fit: Canvas.Fit = chance.flip() ? .pad : .crop
    let size = Size(width: patch + chance.below(24), height: patch + chance.below(24))
    let dim = dims[chance.below(dims.count)]
    let isSquare = chance.flip()
    guard
      let canvas = Canvas(
        isSquare ? Size(width: size.width, height: size.width) : size, fit: fit, patch: patch)
    else { throw Impossible() }
    self.canvas = canvas
    (self.patch, self.stride) = (patch, stride)
    upsampling = chance.flip() ? .bilinear : .nearest
    alignment = chance.flip() ? .patches : .image
    let (height, width) = (canvas.encoded.height, canvas.encoded.width)
    views = (0..<(viewCount ?? 1 + chance.below(7))).map { _ in
      let view = View(
        down: chance.below(4 * height) - 2 * height, right: chance.below(4 * width) - 2 * width,
        flipsRows: chance.flip(), flipsColumns: chance.flip(), isTransposed: chance.flip())
      let seen = view.isTransposed ? Size(width: height, height: width) : canvas.encoded
      let grid = Grid(of: seen, patch: patch, stride: stride)
      return (
        view, 1 + chance.below(3),
        FeatureMap(grid: grid, vectors: chance.matrix(grid.count, dim, around: 2))
      )
    }
  }

  struct Impossible: Error {}

  var field: FeatureField {
    FeatureField(
      canvas: canvas, patch: patch, stride: stride, upsampling: upsampling, alignment: alignment,
      views: views.map { ($0.view, $0.weight, $0.map.undoing($0.view)) })
  }
}

extension Scenario {
  /// A direct computation: the pixel's position in each view, a look-up there in double precision,
  /// and the mean.
  func pixel(x: Int, y: Int) -> [Double] {
    let size = canvas.encoded
    var sum = [Double](repeating: 0, count: views[0].map.dim)
    for (view, weight, map) in views {
      guard let a = view.sourceRows(size.height).firstIndex(of: y),
        let b = view.sourceColumns(size.width).firstIndex(of: x)
      else { continue }
      let (row, column) = view.isTransposed ? (b, a) : (a, b)
      let (height, width) =
        view.isTransposed ? (size.width, size.height) : (size.height, size.width)
      for (i, p) in lookUp(row, height, map.grid.rows) {
        for (j, q) in lookUp(column, width, map.grid.columns) {
          let vector = map.vectors.row(i * map.grid.columns + j)
          for k in sum.indices { sum[k] += p * q * Double(weight) * Double(vector[k]) }
        }
      }
    }
    let total = Double(views.reduce(0) { $0 + $1.weight })
    return sum.map { $0 / total }
  }

  private func lookUp(_ i: Int, _ length: Int, _ cells: Int) -> [(Int, Double)] {
    let centre = Double(i) + 0.5
    let place =
      alignment == .image
      ? centre * Double(cells) / Double(length) - 0.5
      : (centre - Double(patch) / 2) / Double(stride)
    let inside = min(max(place, 0), Double(cells - 1))
    if upsampling == .nearest { return [(Int((inside + 0.5).rounded(.down)), 1)] }
    let low = Int(inside.rounded(.down))
    let excess = inside - Double(low)
    return [(low, 1 - excess), (min(low + 1, cells - 1), excess)]
  }
}

extension FeatureField {
  /// All pixels, `[height · width, dim]`.
  func materialised(workers: ThreadPool? = nil) -> Matrix {
    let pixels = MutableMatrix(rows: shown.width * shown.height, columns: dim)
    rows(0..<shown.height, into: pixels.all, workers: workers)
    return pixels.frozen()
  }
}

/// The mean and the covariance of rows, in double precision and by definition.
func covariance(of pixels: Matrix) -> (mean: [Double], values: [Double]) {
  let (n, dim) = (pixels.rows, pixels.columns)
  let rows = (0..<n).map { pixels.row($0).map(Double.init) }
  let mean = (0..<dim).map { k in rows.reduce(0) { $0 + $1[k] } / Double(n) }
  var values = [Double](repeating: 0, count: dim * dim)
  for row in rows {
    let centred = zip(row, mean).map { $0 - $1 }
    for i in 0..<dim {
      for j in 0..<dim { values[i * dim + j] += centred[i] * centred[j] / Double(n) }
    }
  }
  return (mean, values)
}

/// Equality whose failure is not explained value by value, which takes minutes.
func areSame<T: Equatable>(_ a: [T], _ b: [T]) -> Bool { a == b }
