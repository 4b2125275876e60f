package import Encoders
package import Imaging
import LinearAlgebra

/// One view's part of a field: the encoder's output for it, in the image's orientation.
///
/// A view is separable, so the pixel (x, y) of the image under this view is `Σ vertical[y, a] ·
/// horizontal[x, b] · map[a, b]`, two sparse lists and a grid.
package struct Term: Sendable {
  package let view: View
  /// How often this view counts among those averaged; it is computed once.
  package let weight: Int
  /// `[shown.height]` over the grid's rows.
  package let vertical: AxisWeights
  /// `[shown.width]` over the grid's columns.
  package let horizontal: AxisWeights
  /// The view's vectors in the image's orientation; its shift is in the weights.
  package let map: StoredMap

  package init(
    view: View, weight: Int, vertical: AxisWeights, horizontal: AxisWeights, map: StoredMap
  ) {
    precondition(
      weight > 0 && vertical.cells == map.grid.rows && horizontal.cells == map.grid.columns,
      "weight \(weight), \(vertical.cells) × \(horizontal.cells) cells, \(map.grid)")
    (self.view, self.weight) = (view, weight)
    (self.vertical, self.horizontal, self.map) = (vertical, horizontal, map)
  }

  /// Creates the term of a view of the canvas from its map in the image's orientation, with patches
  /// of side `patch` every `stride`.
  init(
    of map: StoredMap, under view: View, weight: Int, canvas: Canvas, patch: Int, stride: Int,
    upsampling: Upsampling, alignment: Alignment
  ) {
    let size = canvas.encoded
    precondition(
      map.grid == Grid(of: size, patch: patch, stride: stride), "\(map.grid) of \(size)")
    func weights(_ length: Int, _ cells: Int, _ positions: [Int], _ flips: Bool, _ shown: Int)
      -> AxisWeights
    {
      let plain = AxisWeights(
        length: length, cells: cells, patch: patch, stride: stride, upsampling: upsampling,
        alignment: alignment)
      let viewed = plain.viewed(positions: positions).prefix(shown)
      return flips ? viewed.countedFromEnd : viewed
    }
    self.init(
      view: view, weight: weight,
      vertical: weights(
        size.height, map.grid.rows, view.positionsOfRows(size.height), view.flipsRows,
        canvas.shown.height),
      horizontal: weights(
        size.width, map.grid.columns, view.positionsOfColumns(size.width), view.flipsColumns,
        canvas.shown.width),
      map: map)
  }

  /// The same term with other vectors on its grid.
  func with(_ vectors: StoredMatrix) -> Term {
    Term(
      view: view, weight: weight, vertical: vertical, horizontal: horizontal,
      map: StoredMap(grid: map.grid, vectors: vectors))
  }

  func with(_ vectors: Matrix) -> Term { with(.float32(vectors)) }
}

extension FeatureMap {
  /// A map of a view in the image's orientation: rows and columns in the image's order.
  package func undoing(_ view: View) -> FeatureMap {
    guard view.flipsRows || view.flipsColumns || view.isTransposed else { return self }
    let upright =
      view.isTransposed ? Grid(rows: grid.columns, columns: grid.rows) : grid
    var order: [Int] = []
    order.reserveCapacity(upright.count)
    for row in 0..<upright.rows {
      let a = view.flipsRows ? upright.rows - 1 - row : row
      for column in 0..<upright.columns {
        let b = view.flipsColumns ? upright.columns - 1 - column : column
        order.append(view.isTransposed ? b * grid.columns + a : a * grid.columns + b)
      }
    }
    return FeatureMap(grid: upright, vectors: gather(order, of: vectors))
  }
}
