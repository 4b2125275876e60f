import Fields
import Testing

@Suite("Axis weights") struct AxisWeightsTests {
  private func weights(
    _ cells: Int, _ length: Int, _ upsampling: Upsampling, _ alignment: Alignment = .image,
    patch: Int = 1, stride: Int = 1
  ) -> AxisWeights {
    AxisWeights(
      length: length, cells: cells, patch: patch, stride: stride, upsampling: upsampling,
      alignment: alignment)
  }

  /// Upsamples a row of values, in double precision.
  private func upsample(_ values: [Double], _ weights: AxisWeights) -> [Double] {
    (0..<weights.length).map { i in
      weights.entries(i).reduce(0) { $0 + values[$1.cell] * Double($1.weight) }
    }
  }

  @Test func `AxisWeights: stretched nearest cells follow torch's nearest-exact`() {
    func runs(_ cells: Int, _ length: Int) -> [Int] {
      let first = weights(cells, length, .nearest).first
      return (0..<cells).map { cell in first.count { $0 == Int32(cell) } }
    }
    #expect(runs(3, 14) == [5, 4, 5])
    #expect(runs(5, 28) == [6, 5, 6, 5, 6])
    #expect(weights(3, 14, .nearest).first == [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2])
  }

  @Test func `AxisWeights: stretched bilinear weights follow torch's interpolate`() {
    #expect(
      upsample([0, 1, 2], weights(3, 8, .bilinear))
        == [0, 0.0625, 0.4375, 0.8125, 1.1875, 1.5625, 1.9375, 2])
  }

  @Test func `AxisWeights: an axis shifted by a view's positions equals torch's roll`() {
    let axis = weights(6, 6, .nearest)
    #expect(axis.viewed(positions: [1, 2, 3, 4, 5, 0]).first == [1, 2, 3, 4, 5, 0])
    #expect(axis.viewed(positions: [4, 5, 0, 1, 2, 3]).prefix(3).first == [4, 5, 0])
  }

  @Test(arguments: 1...14, [14, 28, 42, 75])
  func `AxisWeights: a ramp of the true centres is upsampled to itself between them`(
    stride: Int, length: Int
  ) {
    let cells = 1 + (length - 14) / stride
    let centres = (0..<cells).map { 7 + Double(stride * $0) }
    let axis = weights(cells, length, .bilinear, .patches, patch: 14, stride: stride)
    for (i, value) in upsample(centres, axis).enumerated() {
      let expected = min(max(Double(i) + 0.5, 7), centres[cells - 1])
      #expect(abs(value - expected) < 1e-5)
    }
  }

  @Test(arguments: 1...14)
  func `AxisWeights: the nearest true centre is found, of two the later`(stride: Int) {
    let (patch, length) = (14, 70)
    let cells = 1 + (length - patch) / stride
    let axis = weights(cells, length, .nearest, .patches, patch: patch, stride: stride)
    for i in 0..<length {
      let distances = (0..<cells).map { abs(2 * i + 1 - patch - 2 * stride * $0) }
      #expect(Int(axis.first[i]) == distances.lastIndex(of: distances.min() ?? 0))
    }
  }

  @Test(arguments: Upsampling.allCases, Alignment.allCases)
  func `AxisWeights: weights at a position sum to one and cells are on the axis`(
    upsampling: Upsampling, alignment: Alignment
  ) {
    for (patch, stride, length) in [(14, 4, 518), (14, 14, 518), (7, 3, 49), (1, 1, 5), (5, 2, 5)] {
      let cells = 1 + (length - patch) / stride
      let axis = weights(cells, length, upsampling, alignment, patch: patch, stride: stride)
      for i in 0..<length {
        #expect(abs(axis.firstWeights[i] + axis.secondWeights[i] - 1) <= 1e-7)
        #expect(axis.first[i] >= 0 && axis.first[i] <= axis.second[i])
        #expect(axis.second[i] < Int32(cells))
      }
    }
  }

  @Test(arguments: [5, 7, 11], [14, 33, 70])
  func `AxisWeights: an axis seen from its end has the same weights mirrored`(
    cells: Int, length: Int
  ) {
    let axis = weights(cells, length, .bilinear)
    #expect(axis.viewed(positions: (0..<length).reversed()).countedFromEnd == axis)
    #expect(axis.countedFromEnd.countedFromEnd == axis)
  }
}
