import LinearAlgebra
import Testing

@Suite("Approximate GELU") struct ApproximateGELUTests {
  /// PyTorch's `GELU(approximate="tanh")` and `x * sigmoid(1.702 * x)` at −3, −1, 0, 0.5 and 3.
  @Test(
    arguments: [
      (.tanh, [-0.003637392, -0.158808009, 0, 0.345714010, 2.996362608]),
      (.sigmoid, [-0.018071310, -0.154204234, 0, 0.350388437, 2.981928690]),
    ] as [(ApproximateGELU, [Float])])
  func `values are the published ones, and only the block's change`(
    kind: ApproximateGELU, expected: [Float]
  ) {
    let x = MutableMatrix(
      rows: 2, columns: 6, Array(repeating: [-3, -1, 0, 0.5, 3, 9], count: 2).flatMap { $0 })
    kind(x[rows: 1..<2, columns: 0..<5])
    #expect(x.view[rows: 0..<1].values == [-3, -1, 0, 0.5, 3, 9] && x[1, 5] == 9)
    for (found, expected) in zip(x.view[rows: 1..<2].values, expected) {
      #expect(abs(found - expected) <= 1e-6)
    }
  }
}
