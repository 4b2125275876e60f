import ArrayFiles
import Checkpoints
import Features
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// A small random model in a file beside its inputs and the outputs expected of it.
struct TinyModel: Sendable {
  /// The file's own description of the model.
  private struct Config: Decodable {
    let patch, img, dim, depth, heads, registers: Int
    let ffn, pos: String
    let eps: Float
    let strides: [String: Int]?
  }

  let file: SafeTensors
  let card: ModelCard
  let model: DINOv2
  private let strides: [String: Int]?

  init(_ url: URL) throws {
    file = try SafeTensors(path: url.path)
    let text = try #require(file.metadata["config"])
    let config = try JSONDecoder().decode(Config.self, from: Data(text.utf8))
    let feedForward = try #require(ModelCard.FeedForward(rawValue: config.ffn))
    let last = feedForward == .mlp ? "mlp.fc2.weight" : "mlp.w3.weight"
    let rules: [String: ModelCard.PositionRule] = [
      "P1": .offset, "P2": .size, "P3": .antialias,
    ]
    card = ModelCard(
      name: url.lastPathComponent, family: .dinov2, title: "", source: "", licence: "", file: "",
      sha256: nil, patch: config.patch, dim: config.dim, depth: config.depth,
      heads: config.heads, hidden: try #require(file.tensors["w.blocks.0.\(last)"]).shape[1],
      registers: config.registers, feedForward: feedForward, epsilon: config.eps,
      positions: try #require(rules[config.pos]), positionGrid: config.img / config.patch,
      mean: [0, 0, 0], std: [1, 1, 1])
    model = try DINOv2(Weights(file)["w"], card: card)
    strides = config.strides
  }

  static func golden(_ name: String) throws -> TinyModel {
    try TinyModel(Places.golden.appending(path: "\(name).safetensors"))
  }

  func stride(of input: String) -> Int { strides?[input] ?? card.patch }

  func input(_ name: String) throws -> InputPlanes {
    let shape = try #require(file.tensors["in.\(name)"]).shape
    return InputPlanes(
      size: Size(width: shape[2], height: shape[1]), values: try file.floats("in.\(name)"))
  }
}

extension DINOv2 {
  /// Encodes on a team of its own, from a thread that may wait.
  func encodings(
    of image: InputPlanes, _ views: [View] = [.identity], stride: Int, block: Int? = nil,
    facet: Pass.Facet = .token, precision: Precision = .float32, members: Int = 2,
    progress: WorkProgress = WorkProgress()
  ) async throws -> [Encoding] {
    try await onThread {
      keepProductsOnTheirThread()
      let workers = Workers(count: members)
      defer { workers.close() }
      let pass = Pass(
        stride: stride, block: block ?? card.depth - 1, facet: facet, precision: precision)
      return try encode(image, views: views, pass, on: workers, progress: progress)
    }
  }
}

extension Encoding {
  /// All its values, bit by bit.
  var bits: [[UInt32]] {
    [patches.vectors.values, classToken, classAttention.values.values].map {
      $0.map(\.bitPattern)
    }
  }
}

/// How far values are from those expected.
struct Agreement: CustomStringConvertible {
  /// The largest |Δ|; infinite when the counts differ or a value is no number.
  let difference: Double
  /// Of all values taken as one vector.
  let cosine: Double
  /// The largest magnitude expected.
  let scale: Double

  init(_ found: [Float], _ expected: [Float]) {
    var (difference, dot, norms) = (0.0, 0.0, (0.0, 0.0))
    for (a, b) in zip(found, expected) {
      let (a, b) = (Double(a), Double(b))
      difference = (a - b).isNaN ? .infinity : max(difference, abs(a - b))
      dot += a * b
      norms = (norms.0 + a * a, norms.1 + b * b)
    }
    self.difference = found.count == expected.count ? difference : .infinity
    cosine = dot / (norms.0 * norms.1).squareRoot()
    scale = expected.reduce(0) { max($0, abs(Double($1))) }
  }

  var relative: Double { difference / scale }

  var description: String { "|Δ| ≤ \(difference), cosine \(cosine)" }
}
