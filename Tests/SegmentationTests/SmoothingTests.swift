import Imaging
import LinearAlgebra
import Segmentation
import Testing

@Suite("Smoothing of scores, and intervals of means") struct SmoothingTests {
  private static let levels: [Float] = [
    8.0, 0.5, 1.5, 2.0, 1.5, 8.0, 8.5, 5.5, 0.0, 0.5, 3.0, 4.0, 6.0, 4.5, 2.5, 1.5, 6.5, 7.0, 0.0,
    1.0, 4.5, 3.5, 8.5, 5.0, 4.0, 4.0, 6.5, 5.5, 1.5, 7.0, 7.5, 9.5, 7.5, 2.5, 3.0,
  ]

  /// SciPy's `gaussian_filter(levels, σ, mode="reflect", truncate=4)`.
  private static let smooth: [(Double, [Float])] = [
    (
      0.7,
      [
        5.843378, 2.118336, 1.399159, 2.056248, 3.245171, 6.347273, 7.525481, 4.314292, 1.889106,
        2.057711, 3.069773, 3.429715, 4.813781, 5.351276, 3.231558, 3.311164, 4.540081, 4.579285,
        2.882046, 3.271804, 4.3801, 3.723821, 5.66191, 5.928827, 5.405847, 4.456608, 4.451945,
        4.68771, 3.13465, 6.06787, 7.24132, 7.627038, 6.295758, 4.121689, 3.538269,
      ]
    ),
    (
      2,
      [
        3.567478, 3.494785, 3.490139, 3.691748, 4.103988, 4.578683, 4.89649, 3.7321, 3.707014,
        3.738241, 3.905116, 4.207553, 4.548494, 4.776938, 4.029674, 4.080426, 4.170256, 4.285453,
        4.417365, 4.548205, 4.635352, 4.363414, 4.489109, 4.639039, 4.708613, 4.678551, 4.606257,
        4.555457, 4.586532, 4.7584, 4.946636, 4.991262, 4.865204, 4.670397, 4.535632,
      ]
    ),
  ]

  @Test(arguments: 0..<2)
  func `ScoreSmoothing: each plane is smoothed as SciPy does`(index: Int) {
    let (sigma, wanted) = Self.smooth[index]
    let other = Self.levels.map { -2 * $0 }
    let scores = Scores(
      size: Size(width: 7, height: 5), ids: [1, 4],
      planes: Matrix(rows: 2, columns: 35, Self.levels + other))
    let found = ScoreSmoothing(sigma: sigma)(scores)
    #expect(found.ids == [1, 4])
    for place in 0..<35 {
      #expect(abs(found.planes[0, place] - wanted[place]) < 2e-5)
      #expect(abs(found.planes[1, place] + 2 * wanted[place]) < 4e-5)
    }
  }

  @Test func `MeanInterval: quantiles are Student's`() {
    let wanted = [
      1: 12.706204736, 2: 4.30265273, 5: 2.570581836, 30: 2.042272456, 200: 1.971896224,
    ]
    for (degrees, quantile) in wanted {
      #expect(abs(MeanInterval.quantile(degrees: degrees) - quantile) < 1e-6, "\(degrees)")
    }
  }

  @Test func `MeanInterval: of one image there is a mean alone`() {
    let one = MeanInterval(of: [0.4])
    #expect(one.mean == 0.4 && one.deviation == nil && one.interval == nil)
    let three = MeanInterval(of: [0.2, 0.3, 0.4])
    #expect(abs(three.mean - 0.3) < 1e-12)
    let half = 4.30265273 * 0.1 / 3.0.squareRoot()
    #expect(abs((three.interval?.upperBound ?? 0) - 0.3 - half) < 1e-6)
  }
}
