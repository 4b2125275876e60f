package import Encoders
import Foundation
package import Imaging

/// A model to be loaded, in the shared memory's first bytes.
package struct LoadOrder: Sendable, Hashable, Codable {
  package let card: ModelCard
  package let path: String
  /// The SHA-256 that the file must have, hexadecimal.
  package let digest: String
}

/// Views to be encoded, in the shared memory's first bytes; the picture and the views' tables follow
/// where `JobLayout` says.
package struct JobOrder: Sendable, Hashable, Codable {
  package let size: Size
  package let views: Int
  package let options: EncodeOptions

  package init(size: Size, views: Int, options: EncodeOptions) {
    (self.size, self.views, self.options) = (size, views, options)
  }

  /// Bytes that an order has at most.
  static let mostBytes = 64 << 10
}

extension Encodable {
  /// The order as the shared memory has it.
  var order: [UInt8] { (try? JSONEncoder().encode(self)).map { Array($0) } ?? [] }
}

/// Where everything about one job lies in the shared memory; both sides compute it.
package struct JobLayout: Sendable, Hashable {
  /// Consecutive values of four bytes.
  struct Part: Sendable, Hashable {
    let start: Int
    /// Values of each view.
    let each: Int
    /// Values of all views, or of what they share.
    let count: Int

    var end: Int { start + 4 * count }

    /// The bytes of one view's.
    func bytes(of view: Int) -> Range<Int> {
      start + 4 * view * each..<start + 4 * (view + 1) * each
    }

    /// The bytes of several views'.
    func bytes(of views: Range<Int>) -> Range<Int> {
      start + 4 * views.lowerBound * each..<start + 4 * views.upperBound * each
    }
  }

  let planes: Part
  /// Where each row of a view begins in a plane, and how far from there each column lies: int32.
  let rows: Part
  let columns: Part
  /// What is found: of each view `[grid, blocks · dim]`, `[prefix, blocks · dim]`, `[blocks, dim]`,
  /// `[grid, 5 · heads]` and `[classes]`.
  let patches: Part
  let before: Part
  let classTokens: Part
  let attention: Part
  let logits: Part
  package let grid: Grid
  package let bytes: Int

  package init(_ order: JobOrder, _ shape: ViTShape, classes: Int) {
    let grid = Grid(of: order.size, patch: shape.patch, stride: order.options.stride)
    let width = order.options.blocks.count * shape.dim
    var end = JobOrder.mostBytes
    func part(_ each: Int, times count: Int) -> Part {
      let part = Part(start: end, each: each, count: each * count)
      end = (part.end + 255) / 256 * 256
      return part
    }
    let views = order.views
    planes = part(3 * order.size.width * order.size.height, times: 1)
    rows = part(order.size.height, times: views)
    columns = part(order.size.width, times: views)
    patches = part(grid.count * width, times: views)
    before = part(shape.prefix * width, times: views)
    classTokens = part((order.options.block + 1) * shape.dim, times: views)
    attention = part(grid.count * 5 * shape.heads, times: views)
    logits = part(classes, times: views)
    self.grid = grid
    bytes = end
  }
}
