import Encoders
import Imaging

/// Where in a card's memory the buffers of a chunk of views lie, and how many bytes it takes.
///
/// A token takes 4 · dim bytes of the residual stream, and in products' operands, of two bytes or
/// four, dim of what a product reads and the larger of 3 · dim and hidden of what it makes.
package struct Arena: Sendable, Hashable {
  let x: Int
  let a: Int
  let big: Int
  let planes: Int
  let rows: Int
  let columns: Int
  let flags: Int
  let scores: Int
  let positions: Int
  let rotation: Int
  let pooled: Int
  let patches: Int
  let before: Int
  let classTokens: Int
  let attention: Int
  package let bytes: Int

  package init(_ order: JobOrder, _ shape: ViTShape, _ operand: Operand, views: Int) {
    let layout = JobLayout(order, shape, classes: 0)
    let (grid, half) = (layout.grid.count, 2 * operand.halves)
    let tokens = shape.prefix + grid
    let rowCount = views * tokens
    var end = 0
    func place(_ bytes: Int) -> Int {
      defer { end += (bytes + 255) / 256 * 256 }
      return end
    }
    x = place(4 * rowCount * shape.dim)
    a = place(half * rowCount * shape.dim)
    big = place(
      half * max(rowCount * max(3 * shape.dim, shape.hidden), views * grid * shape.patchDepth))
    planes = place(4 * layout.planes.count)
    rows = place(4 * views * layout.rows.each)
    columns = place(4 * views * layout.columns.each)
    flags = place(4 * views)
    scores = place(4 * views * shape.heads * tokens)
    positions = place(4 * grid * shape.dim)
    rotation = place(shape.isRotary ? 4 * tokens * 64 : 0)
    pooled = place(4 * views * shape.dim)
    patches = place(4 * views * layout.patches.each)
    before = place(4 * views * layout.before.each)
    classTokens = place(4 * views * layout.classTokens.each)
    attention = place(4 * views * layout.attention.each)
    bytes = end
  }

  /// How many views at a time are encoded in so many bytes: as many as keep what their tokens take
  /// within the card's cache, more where these are too few rows for all multiprocessors; `nil` where
  /// one does not fit.
  ///
  /// What a view's values are does not depend on it.
  package static func views(
    _ order: JobOrder, _ shape: ViTShape, _ operand: Operand, in bytes: Int, of card: Card
  ) -> Int? {
    guard Arena(order, shape, operand, views: 1).bytes <= bytes else { return nil }
    let tokens =
      shape.prefix + Grid(of: order.size, patch: shape.patch, stride: order.options.stride).count
    let token =
      shape.dim * (4 + 2 * operand.halves) + 2 * operand.halves * max(3 * shape.dim, shape.hidden)
    let cached = card.cacheBytes * 6 / 10 / max(token * tokens, 1)
    // Two blocks of 128 rows for each multiprocessor, three to twelve of which share its columns.
    let filling = (2 * card.multiprocessors * 128 / 3 + tokens - 1) / tokens
    var views = min(order.views, max(1, cached, filling))
    while Arena(order, shape, operand, views: views).bytes > bytes { views -= 1 }
    return views
  }
}
