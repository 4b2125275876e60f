import LinearAlgebra
import VisionTransformers

/// The weights of a model in the order of a card's memory, by their offsets from its beginning.
struct CardWeights {
  /// Offsets of a layer's operand, `[out, in]`, and its bias, `[out]`.
  struct Layer {
    let weight: Int
    let bias: Int
  }

  struct Block {
    let norm1: Layer
    let qkv: Layer
    let proj: Layer
    let scale1: Int
    let norm2: Layer
    let first: Layer
    let last: Layer
    let scale2: Int
  }

  private(set) var bytes: [UInt8] = []
  private(set) var prefix = 0
  private(set) var patches = Layer(weight: 0, bias: 0)
  private(set) var blocks: [Block] = []
  private(set) var norm = Layer(weight: 0, bias: 0)
  /// Whether all of them are numbers as halves.
  private(set) var isInRange = true

  init(_ parts: ViTParts, _ shape: ViTShape, _ operand: Operand) {
    prefix = add(parts.prefix)
    patches = layer(
      (parts.patches.weight.padded(to: shape.patchDepth), parts.patches.bias), operand)
    for block in parts.blocks { blocks.append(self.block(block, shape, operand)) }
    norm = plain(parts.norm)
  }

  private mutating func block(
    _ block: ViTParts.Block, _ shape: ViTShape, _ operand: Operand
  ) -> Block {
    let qkv = shape.isRotary ? reordered(block.qkv, turnedOrder(shape.dim)) : block.qkv
    let first =
      shape.activation == "swiglu"
      ? reordered(block.first, gatedOrder(shape.hidden)) : block.first
    return Block(
      norm1: plain(block.norm1), qkv: layer(qkv, operand), proj: layer(block.proj, operand),
      scale1: add(block.scale1), norm2: plain(block.norm2), first: layer(first, operand),
      last: layer(block.last, operand), scale2: add(block.scale2))
  }

  /// They are on the card now.
  mutating func forgetBytes() { bytes = [] }

  /// A norm, in float32.
  private mutating func plain(_ norm: ViTParts.Affine) -> Layer {
    Layer(weight: add(norm.weight), bias: add(norm.bias))
  }

  private mutating func layer(_ layer: ViTParts.Affine, _ operand: Operand) -> Layer {
    Layer(weight: add(layer.weight, operand), bias: add(layer.bias))
  }

  /// Float32 as they are; returns where.
  private mutating func add(_ values: Matrix) -> Int {
    let start = place()
    values.all.appendFloats(to: &bytes)
    return start
  }

  /// Halves, row after row; of split16 the rest of each row, times 2048, behind the row.
  private mutating func add(_ weight: Matrix, _ operand: Operand) -> Int {
    let start = place()
    let halves = HalfMatrix(nearest: weight)
    isInRange = isInRange && !halves.bytes.hasInfiniteHalf
    guard operand == .split16 else {
      bytes += halves.bytes
      return start
    }
    let rounded = halves.widened()
    let rest = MutableMatrix(rows: weight.rows, columns: weight.columns)
    for row in 0..<weight.rows {
      for column in 0..<weight.columns {
        rest[row, column] = (weight[row, column] - rounded[row, column]) * 2048
      }
    }
    let rests = HalfMatrix(nearest: rest.frozen())
    let width = 2 * weight.columns
    for row in 0..<weight.rows {
      bytes += halves.bytes[row * width..<(row + 1) * width]
      bytes += rests.bytes[row * width..<(row + 1) * width]
    }
    return start
  }

  /// Where the next values begin, which is a multiple of 256.
  private mutating func place() -> Int {
    bytes += [UInt8](repeating: 0, count: (256 - bytes.count % 256) % 256)
    return bytes.count
  }
}

/// Rows of queries, keys and values in which the two values that are turned together follow each
/// other: i and i + 32 of each head of the first two.
private func turnedOrder(_ dim: Int) -> [Int] {
  (0..<3 * dim).map { row in
    guard row < 2 * dim else { return row }
    let (head, place) = (row / 64 * 64, row % 64)
    return head + place / 2 + place % 2 * 32
  }
}

/// Rows of gates and values in turn.
private func gatedOrder(_ hidden: Int) -> [Int] {
  (0..<2 * hidden).map { $0 / 2 + $0 % 2 * hidden }
}

/// A layer whose outputs are in another order.
private func reordered(_ layer: ViTParts.Affine, _ order: [Int]) -> ViTParts.Affine {
  let weight = MutableMatrix(rows: layer.weight.rows, columns: layer.weight.columns)
  let bias = MutableMatrix(rows: 1, columns: layer.bias.count)
  for (row, from) in order.enumerated() {
    weight[rows: row..<row + 1].copy(layer.weight[rows: from..<from + 1])
    bias[0, row] = layer.bias[0, from]
  }
  return (weight.frozen(), bias.frozen())
}

extension Matrix {
  /// The same with columns of zeros behind.
  fileprivate func padded(to wanted: Int) -> Matrix {
    guard wanted > columns else { return self }
    let wide = MutableMatrix(rows: rows, columns: wanted)
    wide[rows: 0..<rows, columns: 0..<columns].copy(all)
    return wide.frozen()
  }
}

extension [UInt8] {
  /// Whether a little-endian half among them is infinite or no number.
  fileprivate var hasInfiniteHalf: Bool {
    stride(from: 1, to: count, by: 2).contains { self[$0] & 0x7c == 0x7c }
  }
}
