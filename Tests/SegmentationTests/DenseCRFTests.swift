import Foundation
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Dense CRF") struct DenseCRFTests {
  static let size = Size(width: 96, height: 80)

  /// The shared picture as planes of colours, and the probabilities of its energies.
  private func golden() throws -> (DenseCRF.Guide, Probabilities)? {
    guard let kernels = try Fixture.shared("golden/analysis/crf_kernels.safetensors") else {
      return nil
    }
    let image = try kernels.floats("image")
    let planes = Matrix(
      rows: 3, columns: 7680,
      (0..<3).flatMap { c in
        (0..<7680).map { image[3 * $0 + c] }
      })
    let scores = Scores(
      size: Self.size, ids: [1, 2, 3],
      planes: Matrix(rows: 3, columns: 7680, try kernels.floats("unary").map { -$0 }))
    return (.color(planes), scores.probabilities())
  }

  private func expect(
    _ crf: DenseCRF, equals name: String, in file: String, within bound: Float = 1e-3
  ) throws {
    guard let (guide, probabilities) = try golden(),
      let expected = try Fixture.shared("golden/analysis/\(file).safetensors")?.floats(name)
    else { return }
    let found = try crf(probabilities, guide: guide).planes.values
    let error = zip(found, expected).map { ($0 - $1).magnitude }.max() ?? 0
    #expect(FixtureTable.row(file, name, error, within: Double(bound)))
  }

  private func kernels(_ position: Float, _ a: Float, _ far: Float, _ color: Float, _ b: Float)
    -> [DenseCRF.Kernel]
  {
    [.init(position: position, weight: a), .init(position: far, color: color, weight: b)]
  }

  @Test(arguments: ["gaussian3", "bilateral80_13", "bilateral10_13"])
  func `PermutohedralLattice: corners and filtered values equal the reference's`(name: String)
    throws
  {
    guard let golden = try Fixture.shared("golden/analysis/crf_kernels.safetensors") else { return }
    let image = try golden.floats("image")
    let deviation: Float = name == "gaussian3" ? 3 : name == "bilateral80_13" ? 80 : 10
    let lattice = PermutohedralLattice(
      dimensions: name == "gaussian3" ? 2 : 5, points: 7680
    ) { pixel, x in
      (x[0], x[1]) = (Float(pixel % 96) / deviation, Float(pixel / 96) / deviation)
      for c in 2..<x.count { x[c] = image[3 * pixel + c - 2] / 13 }
    }
    #expect(
      FixtureTable.row(
        "crf_kernels", "\(name)_vertices", [lattice.corners],
        equal: try golden.integers("\(name)_vertices")))
    let norms = lattice([Float](repeating: 1, count: 7680)).map { 1 / ($0 + 1e-20).squareRoot() }
    let ofNorms = zip(norms, try golden.floats("\(name)_norm")).map { abs($0 - $1) / $1 }
    #expect(
      FixtureTable.row("crf_kernels", "\(name)_norm", ofNorms.max() ?? 1, within: 1e-5))
    let unary = try golden.floats("unary")
    let q = Scores(
      size: Self.size, ids: [1, 2, 3], planes: Matrix(rows: 3, columns: 7680, unary.map { -$0 })
    ).probabilities()
    let expected = try golden.floats("\(name)_filtered")
    let away = (0..<3).flatMap { k in
      zip(lattice(q.planes.row(k)), expected[k * 7680..<(k + 1) * 7680]).map { abs($0 - $1) / $1 }
    }
    #expect(
      FixtureTable.row("crf_kernels", "\(name)_filtered", away.max() ?? 1, within: 2e-5))
  }

  @Test(arguments: [1, 2, 5, 10])
  func `DenseCRF: iterations equal pydensecrf's`(iterations: Int) throws {
    try expect(
      DenseCRF(kernels: kernels(1, 1, 10, 13, 1), iterations: iterations),
      equals: "gentle_q\(iterations)", in: "crf_hrdv2_gentle")
  }

  @Test(arguments: [1, 10])
  func `DenseCRF: other settings equal pydensecrf's`(iterations: Int) throws {
    try expect(
      DenseCRF(kernels: DenseCRF.hrdv2.kernels, iterations: iterations),
      equals: "hrdv2_q\(iterations)", in: "crf_hrdv2_gentle")
    try expect(
      DenseCRF(kernels: DenseCRF.isb.kernels, iterations: iterations),
      equals: "isb_q\(iterations)", in: "crf_others")
    try expect(
      DenseCRF(kernels: kernels(3, 6, 40, 8, 6), iterations: iterations),
      equals: "strict_q\(iterations)", in: "crf_others")
  }

  @Test func `DenseCRF: that of parts equals pydensecrf's`() throws {
    try expect(
      DenseCRF(kernels: kernels(3, 50, 5, 13, 15)), equals: "parts_diag_q10", in: "crf_others")
  }

  /// The lattice is an approximation: the bounds are its distances from the exact kernel that the
  /// reference's own lattice has.
  @Test func `DenseCRF: the exact kernel is as far away as for the reference`() throws {
    for (iterations, bound) in [(1, Float(0.08)), (10, 2e-3)] {
      try expect(
        DenseCRF(kernels: DenseCRF.hrdv2.kernels, iterations: iterations),
        equals: "hrdv2_exact_q\(iterations)", in: "crf_hrdv2_gentle", within: bound)
    }
    try expect(
      DenseCRF(kernels: kernels(1, 1, 10, 13, 1)), equals: "gentle_exact_q10", in: "crf_others",
      within: 0.033)
  }

  /// The exact kernels, over all pairs of pixels.
  private func exact(
    _ crf: DenseCRF, _ probabilities: Probabilities, _ grey: [Float]
  ) -> [[Double]] {
    let (width, count) = (probabilities.size.width, grey.count)
    let matrices = crf.kernels.map { kernel in
      var values = (0..<count * count).map { pair -> Double in
        let (i, j) = (pair / count, pair % count)
        let (dx, dy) = (Float(i % width - j % width), Float(i / width - j / width))
        var distance = (dx * dx + dy * dy) / (kernel.position * kernel.position)
        if let color = kernel.color {
          distance += 3 * (grey[i] - grey[j]) * (grey[i] - grey[j]) / (color * color)
        }
        return exp(-0.5 * Double(distance))
      }
      let norms = (0..<count).map { i in
        1 / values[i * count..<(i + 1) * count].reduce(0, +).squareRoot()
      }
      for pair in values.indices { values[pair] *= norms[pair / count] * norms[pair % count] }
      return values
    }
    let beliefs = (0..<probabilities.ids.count).map { k in
      probabilities.planes.row(k).map { log(max(Double($0), 1e-5)) }
    }
    func softmax(_ z: [[Double]]) -> [[Double]] {
      var result = z
      for pixel in 0..<count {
        let e = z.map { exp($0[pixel]) }
        for k in z.indices { result[k][pixel] = e[k] / e.reduce(0, +) }
      }
      return result
    }
    var q = softmax(beliefs)
    for _ in 0..<crf.iterations {
      var z = beliefs
      for (kernel, matrix) in zip(crf.kernels, matrices) {
        for k in z.indices {
          for i in 0..<count {
            var sum = 0.0
            for j in 0..<count { sum += matrix[i * count + j] * q[k][j] }
            z[k][i] += Double(kernel.weight) * sum
          }
        }
      }
      q = softmax(z)
    }
    return q
  }

  @Test func `DenseCRF: grey in one dimension is near the exact kernel`() throws {
    var chance = SeededNumbers(seed: 1)
    let size = Size(width: 22, height: 18)
    let grey = (0..<396).map { Float(($0 % 22) / 11 * 90 + 60) + chance.floats(1, upTo: 12)[0] }
    let noise = chance.floats(396, upTo: 1.5)
    let made = MutableMatrix(rows: 2, columns: 396)
    for pixel in 0..<396 { made[1, pixel] = (grey[pixel] - 105) / 60 + noise[pixel] }
    let probabilities = Scores(size: size, ids: [1, 2], planes: made.frozen()).probabilities()
    let crf = DenseCRF(kernels: kernels(1, 1, 6, 13, 1))
    let found = try crf(probabilities, guide: .grey(GreyPicture(size: size, levels: grey)))
    let expected = exact(crf, probabilities, grey)
    let same = (0..<396).count { (found.planes[1, $0] > 0.5) == (expected[1][$0] > 0.5) }
    #expect(same >= 390, "\(same) of 396")
    for threads in 1...3 {
      let workers = ThreadPool(count: threads)
      defer { workers.close() }
      let again = try crf(
        probabilities, guide: .grey(GreyPicture(size: size, levels: grey)), workers: workers)
      #expect(again.planes.values == found.planes.values)
    }
    #expect(throws: CancellationError.self) {
      try crf(
        probabilities, guide: .grey(GreyPicture(size: size, levels: grey)),
        shouldStop: { true })
    }
  }
}
