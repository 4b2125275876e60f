import LinearAlgebra

/// A graph whose edges weigh 1 where two cells' cosine is above a threshold, elsewhere nearly nothing.
///
/// An edge is one bit: `n² / 8` bytes. Source: TokenCut, `object_discovery.ncut`.
struct BinaryGraph: CellGraph {
  let count: Int
  /// The weight of two cells that are not alike.
  static let epsilon = 1e-5
  let degrees: [Double]
  let isUniform: Bool
  /// Bytes of a row, each with the bits of eight cells, the first the lowest.
  private let stride: Int
  private let bits: [UInt8]

  /// Joins cells given by their unit vectors, `[cells, dim]`; a cell is always like itself.
  ///
  /// Throws `CancellationError` once it should stop.
  init(
    _ unit: Matrix, threshold: Float, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws {
    let (count, stride) = (unit.rows, (unit.rows + 7) / 8)
    // Of two products of the same cells the one in the upper triangle decides.
    let upper = try CellProducts(unit).map(workers, shouldStop) { rows, products in
      var bytes = [UInt8](repeating: 0, count: rows.count * stride)
      for (place, row) in rows.enumerated() {
        let values = products[rows: place..<place + 1].values
        for column in row..<count where column == row || values[column] > threshold {
          bytes[place * stride + column >> 3] |= 1 << (column & 7)
        }
      }
      return bytes
    }
    var bits: [UInt8] = []
    bits.reserveCapacity(count * stride)
    for part in upper { bits += part }
    for row in 0..<count {
      let (byte, bit) = (row >> 3, UInt8(1) << (row & 7))
      for column in row + 1..<max(count, row + 1)
      where bits[row * stride + column >> 3] >> (column & 7) & 1 == 1 {
        bits[column * stride + byte] |= bit
      }
    }
    let alike = (0..<count).map { row in
      bits[row * stride..<(row + 1) * stride].reduce(0) { $0 + $1.nonzeroBitCount }
    }
    degrees = alike.map { Double($0) + BinaryGraph.epsilon * Double(count - $0) }
    isUniform = alike.allSatisfy { $0 == 1 } || alike.allSatisfy { $0 == count }
    (self.count, self.stride, self.bits) = (count, stride, bits)
  }

  /// Each byte of bits takes its sum from a table of all that eight cells can come to.
  func product(_ x: [Double], workers: ThreadPool?) -> [Double] {
    precondition(x.count == count, "\(x.count) values for \(count) cells")
    var sums = [Double](repeating: 0, count: 256 * stride)
    for byte in 0..<stride {
      for bits in 1..<256 {
        let cell = 8 * byte + (bits.trailingZeroBitCount)
        let rest = sums[256 * byte + bits & (bits - 1)]
        sums[256 * byte + bits] = rest + (cell < count ? x[cell] : 0)
      }
    }
    let (all, table) = (BinaryGraph.epsilon * x.reduce(0, +), sums)
    let blocks = Blocks(of: count, atMost: 128)
    return workers.map(blocks.count) { [bits, stride] index, _ in
      let (sums, bits) = (table.span, bits.span)
      return blocks[index].map { row in
        var sum = 0.0
        for byte in 0..<stride { sum += sums[256 * byte + Int(bits[row * stride + byte])] }
        return all + (1 - BinaryGraph.epsilon) * sum
      }
    }.flatMap { $0 }
  }
}
