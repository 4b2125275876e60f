import Encoders
import Fields
import Imaging
import LinearAlgebra
import Support

/// Random fields with all kinds of strides, flips, shifts and upsampling.
struct RandomField {
  let field: FeatureField

  init(seed: Int, dim: Int = 6) throws {
    var chance = SeededNumbers(seed: seed)
    func below(_ bound: Int) -> Int { Int(chance.next() % UInt64(bound)) }
    let patch = 2 + below(5)
    let stride = 1 + below(patch)
    let isSquare = below(2) == 0
    let (width, height) = (patch + 6 + below(30), patch + 6 + below(30))
    let canvas = Canvas(
      Size(width: width, height: isSquare ? width : height), fit: below(2) == 0 ? .pad : .crop,
      patch: patch)
    guard let canvas else { throw Impossible() }
    let (down, across) = (canvas.encoded.height, canvas.encoded.width)
    let views = (0..<1 + seed % 5).map { _ in
      View(
        down: below(2 * down) - down, right: below(2 * across) - across,
        flipsRows: below(2) == 0, flipsColumns: below(2) == 0, isTransposed: below(4) == 0)
    }
    let (upsampling, alignment): (Upsampling, Alignment) = (
      seed % 2 == 0 ? .bilinear : .nearest, below(2) == 0 ? .patches : .image
    )
    let terms = views.map { view in
      let seen = view.isTransposed ? Size(width: down, height: across) : canvas.encoded
      let grid = Grid(of: seen, patch: patch, stride: stride)
      let vectors = Matrix(
        rows: grid.count, columns: dim, chance.floats(grid.count * dim).map { $0 + 2 })
      return (view, 1 + below(3), FeatureMap(grid: grid, vectors: vectors).undoing(view))
    }
    field = FeatureField(
      canvas: canvas, patch: patch, stride: stride, upsampling: upsampling, alignment: alignment,
      views: terms)
  }

  struct Impossible: Error {}
}

extension FeatureField {
  /// The cells of the shared micrograph as pixels, `[1369, dim]`.
  init(ofCells vectors: Matrix) throws {
    let size = Size(width: 37, height: 37)
    guard let canvas = Canvas(size, fit: .pad, patch: 1) else { throw RandomField.Impossible() }
    self.init(
      canvas: canvas, patch: 1, stride: 1, upsampling: .nearest, alignment: .patches,
      views: [
        (.identity, 1, FeatureMap(grid: Grid(rows: 37, columns: 37), vectors: vectors))
      ])
  }

  /// All pixels, `[height · width][dim]`.
  func pixels() -> [[Double]] {
    let pixels = MutableMatrix(rows: shown.width * shown.height, columns: dim)
    rows(0..<shown.height, into: pixels.all)
    let values = pixels.values
    return (0..<pixels.rows).map { row in
      values[row * dim..<(row + 1) * dim].map { Double($0) }
    }
  }
}

/// Lloyd's iterations by definition, until no label changes.
func lloyd(_ rows: [[Double]], from start: [[Double]]) -> (
  labels: [Int], centroids: [[Double]], inertia: Double, iterations: Int
) {
  func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }
  var (centroids, labels, iterations) = (start, [Int](), 0)
  while true {
    iterations += 1
    let found = rows.map { row in
      let distances = centroids.map { distance(row, $0) }
      return distances.indices.reduce(0) { distances[$1] < distances[$0] ? $1 : $0 }
    }
    if found == labels { break }
    labels = found
    for cluster in centroids.indices {
      let members = rows.indices.filter { labels[$0] == cluster }
      guard !members.isEmpty else { continue }
      centroids[cluster] = rows[0].indices.map { column in
        members.reduce(0) { $0 + rows[$1][column] } / Double(members.count)
      }
    }
  }
  let inertia = zip(rows, labels).reduce(0) { $0 + distance($1.0, centroids[$1.1]) }
  return (labels, centroids, inertia, iterations)
}

/// Ids from 1 by descending number, of equal ones the first cluster first.
func ranked(_ labels: [Int], _ clusters: Int) -> [UInt8] {
  let counts = (0..<clusters).map { cluster in labels.count { $0 == cluster } }
  let order = counts.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
  return labels.map { label in UInt8((order.firstIndex(of: label) ?? 0) + 1) }
}

/// Equality whose failure is not explained value by value, which takes minutes.
func areSame<T: Equatable>(_ a: [T], _ b: [T]) -> Bool { a == b }
