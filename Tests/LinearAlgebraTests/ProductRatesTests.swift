import LinearAlgebra
import Testing

@Suite("Product rates") struct ProductRatesTests {
  @Test(
    arguments: [
      // GFLOP/s of a core: an Emerald Rapids without AMX, a Zen 4, two that hardly differ, one that
      // does not know the instruction.
      (165, 80, Precision.float32), (118, 210, .bfloat16), (100, 116, .bfloat16),
      (100, 114, .float32), (100, 100, .float32), (100, 60, .float32),
    ] as [(Double, Double, Precision)])
  func `Product rates: bfloat16 is preferred where it is faster by enough to be worth its rounding`(
    float32: Double, bfloat16: Double, expected: Precision
  ) {
    #expect(ProductRates(float32: float32, bfloat16: bfloat16).preferred == expected)
  }

  @Test func `Product rates: every set of kernels has some`() {
    for kernels in EncoderKernels.all {
      let rates = ProductRates.measure(kernels: kernels)
      for rate in [rates.float32, rates.bfloat16] {
        #expect(rate.isFinite && rate > 0, "\(kernels.name)")
      }
    }
  }
}
