/// The interpolation of a grid of patches to pixels.
package enum Upsampling: String, Sendable, Hashable, Codable, CaseIterable {
  /// Linear between the two nearest cells' centres, along each axis.
  case bilinear
  /// The cell with the nearest centre; halfway, the later one.
  case nearest
  /// Guided by the image: the model's upsampler refines the cells, then as `bilinear`.
  case jbu
}

/// The position of a cell's centre when patches overlap.
package enum Alignment: String, Sendable, Hashable, Codable, CaseIterable {
  /// The middle of its patch: cell k at P/2 + S·k continuous pixels.
  case patches
  /// As if the cells divided the image evenly, as in HR-Dv2.
  case image
}

/// The interpolation weights along one axis: for each position at most two cells.
///
/// A position's two weights sum to one. They are quotients of integers, so an axis mirrored has the
/// same weights mirrored.
package struct AxisWeights: Sendable, Hashable {
  /// Cells along the axis.
  package let cells: Int
  /// The first and the second cell of each position, `[length]`; equal where one is enough.
  package private(set) var first: [Int32]
  package private(set) var second: [Int32]
  package private(set) var firstWeights: [Float]
  package private(set) var secondWeights: [Float]

  /// Computes the weights of `length` pixels along an axis of `cells` patches.
  ///
  /// Source: `torch.nn.functional.interpolate` for `image` (`nearest-exact`, and `bilinear` with
  /// `align_corners=False`).
  package init(
    length: Int, cells: Int, patch: Int, stride: Int, upsampling: Upsampling, alignment: Alignment
  ) {
    precondition(
      length > 0 && cells > 0 && patch > 0 && stride > 0 && length <= 1 << 24
        && (cells <= length || alignment == .image && cells <= 1 << 24),
      "\(cells) cells of \(patch) every \(stride) along \(length)")
    self.cells = cells
    (first, second, firstWeights, secondWeights) = ([], [], [], [])
    // The pixel at i is at cell `position` / `unit`, exactly.
    let unit = alignment == .image ? 2 * length : 2 * stride
    for i in 0..<length {
      let position =
        alignment == .image ? (2 * i + 1) * cells - length : 2 * i + 1 - patch
      let inside = min(max(position, 0), (cells - 1) * unit)
      switch upsampling {
      case .nearest: append((inside + unit / 2) / unit, 0, of: unit)
      case .bilinear, .jbu: append(inside / unit, inside % unit, of: unit)
      }
    }
  }

  private mutating func append(_ cell: Int, _ excess: Int, of unit: Int) {
    first.append(Int32(cell))
    second.append(Int32(excess == 0 ? cell : cell + 1))
    firstWeights.append(Float(unit - excess) / Float(unit))
    secondWeights.append(Float(excess) / Float(unit))
  }

  private init(_ other: AxisWeights, at positions: some Sequence<Int>) {
    cells = other.cells
    first = positions.map { other.first[$0] }
    second = positions.map { other.second[$0] }
    firstWeights = positions.map { other.firstWeights[$0] }
    secondWeights = positions.map { other.secondWeights[$0] }
  }

  package var length: Int { first.count }
}

extension AxisWeights {
  /// The weights under a view, given the position in it of each position of the image.
  package func viewed(positions: [Int]) -> AxisWeights { AxisWeights(self, at: positions) }

  /// The weights of the first `length` positions.
  package func prefix(_ length: Int) -> AxisWeights { AxisWeights(self, at: 0..<length) }

  /// The same weights with cells counted from the other end.
  package var countedFromEnd: AxisWeights {
    var result = self
    for i in first.indices {
      let (a, b) = (Int32(cells - 1) - first[i], Int32(cells - 1) - second[i])
      // The lower cell stays first, so that equal lists compare equal.
      if a <= b {
        (result.first[i], result.second[i]) = (a, b)
      } else {
        (result.first[i], result.second[i]) = (b, a)
        (result.firstWeights[i], result.secondWeights[i]) = (secondWeights[i], firstWeights[i])
      }
    }
    return result
  }

  /// The cells and weights of one position.
  struct Entry: Hashable, Sendable {
    let first: Int32
    let second: Int32
    let firstWeight: Float
    let secondWeight: Float
  }

  func entry(_ position: Int) -> Entry {
    Entry(
      first: first[position], second: second[position], firstWeight: firstWeights[position],
      secondWeight: secondWeights[position])
  }

  /// The one or two cells at a position and their weights.
  package func entries(_ position: Int) -> [(cell: Int, weight: Float)] {
    let one = (cell: Int(first[position]), weight: firstWeights[position])
    guard secondWeights[position] != 0 else { return [one] }
    return [one, (Int(second[position]), secondWeights[position])]
  }
}
