import Tensors
import Checkpoints
import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// A small random model in a file with its inputs and the expected outputs.
struct TinyModel: Sendable {
  /// The file's own description of the model.
  private struct Config: Decodable {
    let family: String?
    let patch, dim, depth, heads: Int
    let img, registers: Int?
    let ffn, pos: String?
    let eps: Float
    let strides: [String: Int]?
  }

  let file: Checkpoint
  let card: ModelCard
  let weights: Weights
  let model: ViT
  private let strides: [String: Int]?

  init(_ url: URL) throws {
    file = try Checkpoint(path: url.path)
    let text = try #require(file.settings["config"])
    let config = try JSONDecoder().decode(Config.self, from: Data(text.utf8))
    let isDistilled = config.family == "deit_distilled"
    let family = isDistilled ? .deit : ModelCard.Family(rawValue: config.family ?? "dinov2")
    let feedForward = try #require(
      config.ffn == "swiglu" && family == .dinov3
        ? .swigluSplit : ModelCard.FeedForward(rawValue: config.ffn ?? "mlp"))
    let last = feedForward == .mlp ? "mlp.fc2.weight" : "mlp.w3.weight"
    let rules: [String: ModelCard.PositionRule] = [
      "P0": .fixed, "P1": .offset, "P2": .size, "P3": .antialias, "P4": .corners,
      "P5": .bilinear,
    ]
    let head = file.tensors["w.head.weight"]?.shape[0]
    card = ModelCard(
      name: url.lastPathComponent, family: family, title: "", source: "",
      licence: "", file: "", sha256: nil, patch: config.patch, dim: config.dim,
      depth: config.depth, heads: config.heads,
      hidden: try #require(file.tensors["w.blocks.0.\(last)"]).shape[1],
      classTokens: isDistilled ? 2 : 1, registers: config.registers ?? 0,
      feedForward: feedForward, epsilon: config.eps,
      positions: family == .dinov3 ? .rotary : try #require(rules[config.pos ?? "P3"]),
      positionGrid: (config.img ?? 0) / config.patch,
      head: head.map { ModelCard.Head(classes: $0, input: isDistilled ? .bothTokens : .pooled) },
      mean: [0, 0, 0], std: [1, 1, 1])
    weights = Weights(file)["w"]
    model = try ViT(weights, card: card)
    strides = config.strides
  }

  static func golden(_ name: String) throws -> TinyModel {
    try TinyModel(Places.golden.appending(path: "\(name).safetensors"))
  }

  static func reference(_ name: String) throws -> TinyModel {
    try TinyModel(Places.modelFixtures.appending(path: "\(name).safetensors"))
  }

  /// The encoding of one input's identity view.
  func encoding(of input: String) async throws -> Encoding {
    let encodings = try await model.encodings(of: self.input(input), stride: stride(of: input))
    return try #require(encodings.first)
  }

  func stride(of input: String) -> Int { strides?[input] ?? card.patch }

  func input(_ name: String) throws -> InputPlanes {
    let shape = try #require(file.tensors["in.\(name)"]).shape
    return InputPlanes(
      size: Size(width: shape[2], height: shape[1]), values: try file.floats("in.\(name)"))
  }
}

extension CPUModel {
  /// Encodes on a new pool of threads, from a thread that may block.
  func encodings(
    of image: InputPlanes, _ views: [View] = [.identity], stride: Int, block: Int? = nil,
    blocks: [Int]? = nil, facet: EncodeOptions.Facet = .token, precision: Precision = .float32,
    members: Int = 2, progress: WorkProgress = WorkProgress()
  ) async throws -> [Encoding] {
    try await onThread {
      let workers = ThreadPool(count: members)
      defer { workers.close() }
      let options = EncodeOptions(
        stride: stride, blocks: blocks ?? [block ?? card.depth - 1], facet: facet,
        precision: precision)
      return try encode(image, views: views, options, on: workers, progress: progress)
    }
  }
}

extension InputPlanes {
  /// A view computed directly: shift by shift, then mirrored, then transposed.
  func seen(under view: View) -> InputPlanes {
    var planes = (0..<3).map { channel in
      (0..<size.height).map { row in
        let start = (channel * size.height + row) * size.width
        return Array(values[start..<start + size.width])
      }
    }
    for channel in 0..<3 {
      planes[channel] = planes[channel].rolled(by: view.down)
      planes[channel] = planes[channel].map { $0.rolled(by: view.right) }
      if view.flipsRows { planes[channel].reverse() }
      if view.flipsColumns { planes[channel] = planes[channel].map { $0.reversed() } }
      if view.isTransposed {
        let plane = planes[channel]
        planes[channel] = plane[0].indices.map { x in plane.map { $0[x] } }
      }
    }
    return InputPlanes(size: view.size(of: size), values: planes.flatMap { $0.flatMap { $0 } })
  }
}

extension Array {
  /// Moves elements one by one from the end to the start, or back.
  fileprivate func rolled(by distance: Int) -> [Element] {
    var list = self
    for _ in 0..<abs(distance) {
      if distance > 0 {
        list.insert(list.removeLast(), at: 0)
      } else {
        list.append(list.removeFirst())
      }
    }
    return list
  }
}

extension Encoding {
  /// All values as bit patterns.
  var bits: [[UInt32]] {
    [patches.vectors.values, classToken, classAttention.values.values].map {
      $0.map(\.bitPattern)
    }
  }
}

/// The agreement of values with those expected.
struct Agreement: CustomStringConvertible {
  /// The largest |Δ|; infinite when the counts differ or a value is NaN.
  let difference: Double
  /// The cosine of all values as one vector.
  let cosine: Double
  /// The largest expected magnitude.
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

/// A tensor given by a test.
typealias GivenTensor = (name: String, shape: [Int], values: [Float])

extension Weights {
  /// Weights of a file that holds some tensors.
  init(of tensors: [GivenTensor]) throws {
    var (members, data): ([String], [UInt8]) = ([], [])
    for tensor in tensors {
      let part = bytes(of: tensor.values)
      members.append(
        member(tensor.name, "F32", tensor.shape, data.count, data.count + part.count))
      data += part
    }
    let folder = TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    let file = URL(fileURLWithPath: folder.path).appending(path: "given.safetensors")
    try Data(fileBytes(header: "{\(members.joined(separator: ","))}", data: data)).write(to: file)
    // The folder is removed with this function; mapped files remain readable.
    self.init(try Checkpoint(path: file.path))
  }
}
