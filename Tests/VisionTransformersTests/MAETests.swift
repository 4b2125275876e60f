import Checkpoints
import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

@Suite("Random masks") struct RandomMaskTests {
  /// `torch.manual_seed(seed); torch.rand(4)`, as 24-bit numbers.
  @Test(
    arguments: [
      (0, [0.496256590, 0.768221796, 0.088477433, 0.132030487]),
      (42, [0.882269263, 0.915003955, 0.382863760]),
      (2, [0.614695072, 0.381012857, 0.637114346]),
    ] as [(UInt32, [Double])])
  func `Masks: the units with the least of PyTorch's noise are shown`(seed: UInt32, noise: [Double])
  {
    let order = noise.indices.sorted { noise[$0] < noise[$1] }
    for count in 1...noise.count {
      let hidden = hiddenUnits(
        of: noise.count, ratio: 1 - Float(count) / Float(noise.count) - 1e-3, seed: seed)
      #expect(hidden.indices.filter { !hidden[$0] } == order.prefix(count).sorted())
    }
  }

  @Test func `Masks: the number shown follows the ratio, rounded down, and is at least one`() {
    for count in 1...200 {
      for ratio in [0, 0.25, 0.6, 0.75, 0.99, 1] as [Float] {
        let shown = hiddenUnits(of: count, ratio: ratio, seed: 7).count { !$0 }
        #expect(shown == max(1, Int(Double(count) * (1 - Double(ratio)))))
      }
    }
    #expect(hiddenUnits(of: 0, ratio: 0.5, seed: 1).isEmpty)
    #expect(
      hiddenUnits(of: 196, ratio: 0.75, seed: 1) != hiddenUnits(of: 196, ratio: 0.75, seed: 2))
  }
}

/// A small random model whose outputs were checked against the published code.
@Suite(
  "MAE, reference fixture",
  .enabled(if: Places.have(Places.modelFixtures, for: "MAE, reference fixture")))
struct MAEReferenceTests {
  private func model(normalised: Bool) throws -> (file: Checkpoint, weights: Weights, model: MAE) {
    let file = try Checkpoint(
      path: Places.modelFixtures.appending(path: "mae_tiny.safetensors").path)
    let weights = Weights(file)["w"]
    let card = ModelCard(
      name: "mae_tiny", family: .mae, title: "", source: "", licence: "", file: "", sha256: nil,
      patch: 8, dim: 32, depth: 2, heads: 4, hidden: 128, registers: 0, feedForward: .mlp,
      epsilon: 1e-6, positions: .size, positionGrid: 6,
      decoder: ModelCard.Decoder(
        dim: 24, depth: 2, heads: 3, hidden: 96, normalisedPixels: normalised,
        pixelOrder: .interleaved, maskRatio: 0.75),
      mean: [0, 0, 0], std: [1, 1, 1])
    return (file, weights, try MAE(weights, card: card))
  }

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude; the mask is that of the fixture's seed.
  @Test(arguments: [false, true])
  func `MAE: reconstruction, mask and both losses equal the reference's`(
    normalised: Bool
  ) async throws {
    let (file, weights, model) = try model(normalised: normalised)
    #expect(weights.unread.isEmpty)
    let image = InputPlanes(size: Size(width: 48, height: 48), values: try file.floats("in.image"))
    let hidden = hiddenUnits(of: 36, ratio: 0.75, seed: 5)
    let mask = try file.floats("out.mask")
    #expect(hidden.map { $0 ? 1 : 0 } == mask)
    let found = try #require(try await model.reconstruction(of: image, hidden: hidden))
    let wanted = try file.floats("out.pred")
    let planar = (0..<36 * 192).map { index in
      let (channel, place) = (index % 192 / 64, index % 64)
      return wanted[index / 192 * 192 + place * 3 + channel]
    }
    let agreement = Agreement(found.predicted.values, planar)
    print("mae_tiny, pixels: \(agreement)")
    #expect(agreement.relative <= 2e-5 && found.hidden == hidden)
    for (name, loss) in [
      ("loss_pixel", found.loss(normalised: false)),
      ("loss_normpix", found.loss(normalised: true)),
    ] {
      let expected = Double(try file.floats("out.\(name)")[0])
      print("mae_tiny, \(name): \(loss) of \(expected)")
      #expect(abs(loss - expected) <= 2e-5 * expected)
    }
    #expect(found.loss == found.loss(normalised: normalised))
    #expect(found.isNormalised == normalised)
  }

  @Test func `MAE: shown cells are unchanged, hidden ones as predicted`()
    async throws
  {
    let (file, _, model) = try model(normalised: false)
    let image = InputPlanes(size: Size(width: 48, height: 48), values: try file.floats("in.image"))
    let hidden = hiddenUnits(of: 36, ratio: 0.75, seed: 5)
    let found = try #require(try await model.reconstruction(of: image, hidden: hidden))
    let painted = found.painted.values
    for y in 0..<48 {
      for x in 0..<48 {
        let cell = y / 8 * 6 + x / 8
        for channel in 0..<3 {
          let place = (channel * 48 + y) * 48 + x
          let predicted = found.predicted[cell, channel * 64 + y % 8 * 8 + x % 8]
          #expect(painted[place] == (hidden[cell] ? predicted : image.values[place]))
        }
      }
    }
  }

  @Test
  func `MAE: without hidden cells there is no loss, and cancelled work does not begin`()
    async throws
  {
    let (file, _, model) = try model(normalised: true)
    let image = InputPlanes(size: Size(width: 48, height: 48), values: try file.floats("in.image"))
    let shown = [Bool](repeating: false, count: 36)
    let found = try #require(try await model.reconstruction(of: image, hidden: shown))
    #expect(found.loss == 0 && found.painted == image)
    let progress = WorkProgress()
    progress.cancel()
    await #expect(throws: CancellationError.self) {
      try await model.reconstruction(of: image, hidden: shown, progress: progress)
    }
    #expect(progress.blocks.done == 0)
  }
}

extension CPUAutoencoder {
  /// Reconstructs on a new pool of threads, from a thread that may block.
  func reconstruction(
    of image: InputPlanes, hidden: [Bool], members: Int = 2,
    progress: WorkProgress = WorkProgress()
  ) async throws -> Reconstruction? {
    try await onThread {
      let workers = ThreadPool(count: members)
      defer { workers.close() }
      return try reconstruct(image, hidden: hidden, on: workers, progress: progress)
    }
  }
}
