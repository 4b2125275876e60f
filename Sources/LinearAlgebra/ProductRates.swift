/// How fast an encoder's products are on one thread, in floating-point operations a second.
package struct ProductRates: Sendable, Hashable, Codable {
  package let float32: Double
  package let bfloat16: Double

  package init(float32: Double, bfloat16: Double) {
    (self.float32, self.bfloat16) = (float32, bfloat16)
  }

  /// How many times as fast bfloat16 has to be to be worth its rounding.
  ///
  /// Processors lie far from it on either side: 0.5 where the instruction is slow, 1.6 to 2 where
  /// it is not, so that two measurements of one agree.
  private static let worthwhile = 1.15

  /// The precision to compute in where none is asked for.
  package var preferred: Precision {
    bfloat16 >= ProductRates.worthwhile * float32 ? .bfloat16 : .float32
  }
}

extension ProductRates {
  /// Rows that an encoder passes through a layer at a time, and the first layer of an MLP of ViT-S.
  private static let (rows, inputs, outputs) = (198, 384, 1536)

  private static let rounds = 6

  /// Measures both on the calling thread, in turn, for some hundredths of a second.
  package static func measure(kernels: EncoderKernels = .current) -> ProductRates {
    let weights = MutableMatrix(rows: outputs, columns: inputs)
    weights.all.fill(0.25)
    let layer = PackedLayer(
      weights.frozen(), bias: Matrix(rows: 1, columns: outputs), end: .bias, kernels: kernels)
    let (x, y) = (
      MutableMatrix(rows: rows, columns: inputs), MutableMatrix(rows: rows, columns: outputs)
    )
    x.all.fill(0.5)
    let scratch = kernels.scratch(rows: rows, inputs: inputs, .bfloat16)
    func seconds(_ precision: Precision) -> Double {
      let start = ContinuousClock.now
      layer(x.view, into: y.all, precision, scratch: scratch)
      return (ContinuousClock.now - start) / .seconds(1)
    }
    // The first of each round up weights and touches memory; the least of the others counts, since
    // whatever disturbs a round makes it longer.
    var least: [Precision: Double] = [:]
    for round in 0..<rounds {
      for precision in [Precision.float32, .bfloat16] {
        let taken = seconds(precision)
        if round > 0 { least[precision] = min(least[precision] ?? .infinity, taken) }
      }
    }
    func rate(_ precision: Precision) -> Double {
      2 * Double(rows * inputs * outputs) / max(least[precision] ?? .infinity, 1e-9)
    }
    return ProductRates(float32: rate(.float32), bfloat16: rate(.bfloat16))
  }
}
