import Checkpoints
import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

@Suite("FeatUp") struct FeatUpTests {
  /// size · sin(0.37 · i + phase), i along the tensor.
  private static func waves(_ count: Int, _ phase: Double, _ size: Double) -> [Float] {
    (0..<count).map { Float(size * sin(0.37 * Double($0) + phase)) }
  }

  /// An upsampler with the last layer `mixing`, and `bias`; each doubling has the same weights.
  private func upsampler(
    dim: Int, doublings: Int, mixing: [Float], bias: [Float],
    norm: (weight: [Float], bias: [Float])? = nil
  ) throws -> FeatUp {
    var tensors: [GivenTensor] = [
      ("fixup_proj.1.weight", [dim, dim, 1, 1], mixing), ("fixup_proj.1.bias", [dim], bias),
    ]
    if let norm {
      tensors += [("norm.weight", [dim], norm.weight), ("norm.bias", [dim], norm.bias)]
    }
    for index in 1...doublings {
      let up = "up\(index)"
      tensors += [
        ("\(up).range_temp", [], [0.5]), ("\(up).sigma_spatial", [], [0.8]),
        ("\(up).range_proj.0.weight", [32, 3, 1, 1], Self.waves(96, 1, 0.2)),
        ("\(up).range_proj.0.bias", [32], Self.waves(32, 2, 0.2)),
        ("\(up).range_proj.3.weight", [32, 32, 1, 1], Self.waves(1024, 3, 0.2)),
        ("\(up).range_proj.3.bias", [32], Self.waves(32, 4, 0.2)),
        ("\(up).fixup_proj.0.weight", [49, 52, 1, 1], Self.waves(49 * 52, 5, 0.2)),
        ("\(up).fixup_proj.0.bias", [49], Self.waves(49, 6, 0.2)),
        ("\(up).fixup_proj.3.weight", [49, 49, 1, 1], Self.waves(49 * 49, 7, 0.2)),
        ("\(up).fixup_proj.3.bias", [49], Self.waves(49, 8, 0.2)),
      ]
    }
    let weights = try Weights(of: tensors)
    let upsampler = try FeatUp(
      weights, ModelCard.Upsampler(doublings: doublings, hasNorm: norm != nil), dim: dim)
    #expect(weights.unread.isEmpty)
    return upsampler
  }

  private func map(_ rows: Int, _ columns: Int, _ planar: [Float]) -> FeatureMap {
    let (cells, dim) = (rows * columns, planar.count / (rows * columns))
    let vectors = MutableMatrix(rows: cells, columns: dim)
    for cell in 0..<cells {
      for channel in 0..<dim { vectors[cell, channel] = planar[channel * cells + cell] }
    }
    return FeatureMap(grid: Grid(rows: rows, columns: columns), vectors: vectors.frozen())
  }

  private let image = InputPlanes(
    size: Size(width: 12, height: 12), values: FeatUpTests.waves(3 * 144, 10, 1))

  private func onTeam<Value: Sendable>(
    _ body: @escaping @Sendable (ThreadPool) -> Value
  ) async throws -> Value {
    try await onThread {
      let workers = ThreadPool(count: 2)
      defer { workers.close() }
      return body(workers)
    }
  }

  /// Tolerance relative to PyTorch in float64: |Δ| ≤ 1e-5.
  @Test func `FeatUp: one doubling equals the published code's`() async throws {
    let upsampler = try upsampler(
      dim: 2, doublings: 1, mixing: [0, 0, 0, 0], bias: [0, 0])
    let (source, image) = (map(3, 3, Self.waves(18, 9, 1)), image)
    let fine = try await onTeam { workers in
      upsampler.guided(source, by: image, on: workers).finer
    }
    #expect(fine.grid == Grid(rows: 6, columns: 6))
    let row = (0..<6).map { fine.vectors[$0, 0] }
    let expected: [Float] = [
      -0.3887806682, -0.3494113196, -0.3801288019, -0.4684634484, -0.5766996773, -0.6543935205,
    ]
    let agreement = Agreement(row, expected)
    print("FeatUp: \(agreement)")
    #expect(agreement.difference <= 1e-5)
    #expect(abs(fine.vectors[35, 1] - 0.9615556077) <= 1e-5)
    let sum = fine.vectors.values.reduce(0.0) { $0 + Double($1) }
    #expect(abs(sum - 2.4728503409141562) <= 1e-4)
  }

  /// Tolerance: |Δ| ≤ 1e-4 where values are around 1.
  @Test
  func `FeatUp: linear maps of the channels commute with it, constants do not`() async throws {
    var chance = SeededNumbers(seed: 31)
    let upsampler = try upsampler(
      dim: 5, doublings: 2, mixing: chance.floats(25), bias: chance.floats(5))
    let source = map(3, 4, chance.floats(60))
    let projection = Matrix(rows: 2, columns: 5, chance.floats(10))
    let image = image
    let (after, before, ones) = try await onTeam { workers in
      let upsampling = upsampler.upsampling(of: image, source.grid, on: workers)
      let fine = upsampling(source)
      let after = MutableMatrix(rows: fine.vectors.rows, columns: 2)
      multiply(fine.vectors.all, transposed: projection.all, into: after.all)
      let narrow = MutableMatrix(rows: source.vectors.rows, columns: 2)
      multiply(source.vectors.all, transposed: projection.all, into: narrow.all)
      let before = upsampling(FeatureMap(grid: source.grid, vectors: narrow.frozen()))
      let one = Matrix(rows: 12, columns: 1, Array(repeating: 1, count: 12))
      let ones = upsampling(FeatureMap(grid: source.grid, vectors: one))
      return (after.values, before.vectors.values, ones.vectors.values)
    }
    #expect(Agreement(before, after).difference <= 1e-4)
    #expect(ones.contains { abs($0 - 1) > 0.01 })
  }

  @Test func `FeatUp: the last layer is applied to the doublings' result`() async throws {
    var chance = SeededNumbers(seed: 37)
    let (mixing, bias) = (chance.floats(9), chance.floats(3))
    let upsampler = try upsampler(dim: 3, doublings: 1, mixing: mixing, bias: bias)
    let (source, image) = (map(2, 3, chance.floats(18)), image)
    let (found, plain) = try await onTeam { workers in
      let upsampling = upsampler.upsampling(of: image, source.grid, on: workers)
      return (upsampler.guided(source, by: image, on: workers).finer, upsampling(source))
    }
    for cell in 0..<plain.grid.count {
      for channel in 0..<3 {
        let mixed = (0..<3).reduce(bias[channel]) {
          $0 + mixing[channel * 3 + $1] * plain.vectors[cell, $1]
        }
        let expected = plain.vectors[cell, channel] + 0.1 * mixed
        #expect(abs(found.vectors[cell, channel] - expected) <= 1e-4)
      }
    }
  }

  /// Tolerance: |Δ| ≤ 1e-4.
  @Test
  func `FeatUp: with its norm each vector is normalised over its channels first`() async throws {
    var chance = SeededNumbers(seed: 41)
    let (mixing, bias) = (chance.floats(16), chance.floats(4))
    let (weight, shift) = (chance.floats(4), chance.floats(4))
    let plain = try upsampler(dim: 4, doublings: 1, mixing: mixing, bias: bias)
    let normed = try upsampler(
      dim: 4, doublings: 1, mixing: mixing, bias: bias, norm: (weight, shift))
    let (source, image) = (map(2, 2, chance.floats(16)), image)
    let normal = MutableMatrix(rows: 4, columns: 4)
    for row in 0..<4 {
      let values = source.vectors.row(row)
      let mean = values.reduce(0, +) / 4
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4
      for k in 0..<4 {
        normal[row, k] = (values[k] - mean) / (variance + 1e-5).squareRoot() * weight[k] + shift[k]
      }
    }
    let vectors = normal.frozen()
    let (found, wanted) = try await onTeam { workers in
      (
        normed.guided(source, by: image, on: workers).finer.vectors.values,
        plain.guided(
          FeatureMap(grid: source.grid, vectors: vectors), by: image, on: workers
        ).finer.vectors.values
      )
    }
    #expect(Agreement(found, wanted).difference <= 1e-4)
  }
}

extension GuidedMap {
  /// The whole upsampled map, with the constant.
  fileprivate var finer: FeatureMap {
    let fine = upsampling(map)
    let values = fine.vectors.values.enumerated().map { $1 + constant[$0 % fine.dim] }
    return FeatureMap(
      grid: fine.grid, vectors: Matrix(rows: fine.grid.count, columns: fine.dim, values))
  }
}
