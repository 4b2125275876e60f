import CKernelEmulator
import CKernels
import Support
import Testing

/// A card's patches: pixels by index tables, and the tokens before them.
@Suite("Kernels: patches") struct PatchesTests {
  @Test(arguments: Kind.allCases, [14, 8])
  func `pixels of every view are those that its tables name, and zeros follow`(
    kind: Kind, patch: Int
  ) {
    let (width, height, stride, views, prefix, dim) = (45, 31, 4, 2, 3, 64)
    let (gridRows, gridColumns) = ((height - patch) / stride + 1, (width - patch) / stride + 1)
    let (grid, depth) = (gridRows * gridColumns, (3 * patch * patch + 7) / 8 * 8 + 8)
    var numbers = SeededNumbers(seed: patch)
    let planes = CardMemory<Float>(.normal(3 * width * height, 1, &numbers))
    // The first view as it is, the second with rows in disorder and columns backwards.
    let order = Array(0..<height).shuffled(using: &numbers)
    let rows = CardMemory<Int32>(((0..<height) + order).map { Int32($0 * width) })
    let columns = CardMemory<Int32>(
      ((0..<width) + (0..<width).reversed()).map { Int32($0) })
    let before = CardMemory<Float>(.normal(prefix * dim, 1, &numbers))
    let tokens = prefix + grid
    let x = CardMemory<Float>(count: views * tokens * dim)
    let y = Operand(kind, rows: views * grid, columns: depth)
    let flags = CardMemory<UInt32>([0, 0])
    var p = patches_arguments()
    (p.planes, p.rows, p.columns) = (planes.address, rows.address, columns.address)
    (p.prefix_rows, p.x, p.y, p.flags) = (before.address, x.address, y.address, flags.address)
    (p.plane, p.row_pitch, p.column_pitch) = (
      UInt32(width * height), UInt32(height), UInt32(width)
    )
    (p.channels, p.patch, p.stride, p.grid_columns) = (
      3, UInt32(patch), UInt32(stride), UInt32(gridColumns)
    )
    (p.tokens, p.prefix, p.dim, p.depth) = (
      UInt32(tokens), UInt32(prefix), UInt32(dim), UInt32(depth)
    )
    #expect(launch("patches_\(kind)", (tokens, 1, views), p) == EMULATOR_DONE)
    let exact = (0..<views * grid).flatMap { index in
      let (view, place) = (index / grid, index % grid)
      return (0..<depth).map { (at: Int) -> Double in
        let (channel, pixel) = (at / (patch * patch), at % (patch * patch))
        guard channel < 3 else { return 0 }
        let row = place / gridColumns * stride + pixel / patch
        let column = place % gridColumns * stride + pixel % patch
        let source = Int(rows[view * height + row] + columns[view * width + column])
        return Double(planes[channel * width * height + source])
      }
    }
    #expect(relativeError(y.values, exact) <= kind.bound)
    for view in 0..<views {
      let first = view * tokens * dim
      #expect((0..<prefix * dim).allSatisfy { x[first + $0] == before[$0] })
    }
    #expect(flags.values == [0, 0])
  }
}
