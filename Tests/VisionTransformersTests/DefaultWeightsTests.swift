import Checkpoints
import Encoders
import Foundation
import ImageCodecs
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// The default weights, compared with numbers computed by Meta's code.
@Suite(
  "Default weights", .serialized,
  .enabled(if: Places.have(Places.weights, for: "Default weights")))
struct DefaultWeightsTests {
  private static let golden = Places.shared.appending(path: "golden")
  static let haveGolden = Places.have(golden, for: "Default weights, golden tensors")

  private func model(_ positions: ModelCard.PositionRule) throws -> ViT {
    let card = ModelCard(
      name: "dinov2_vits14", family: .dinov2, title: "", source: "", licence: "", file: "",
      sha256: nil, patch: 14, dim: 384, depth: 12, heads: 6, hidden: 1536, registers: 0,
      feedForward: .mlp, epsilon: 1e-6, positions: positions, positionGrid: 37,
      mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
    let weights = Weights(try Checkpoint(path: Places.weights.path))
    let model = try ViT(weights, card: card)
    #expect(weights.unread.isEmpty)
    return model
  }

  /// Published statistics of the tokens of one synthetic image.
  struct Published: Sendable, CustomTestStringConvertible {
    let size: Size
    let positions: ModelCard.PositionRule
    let classToken: [Float]
    let firstPatch: [Float]
    let lastPatch: [Float]
    /// Σ |class token|.
    let classSum: Double
    /// The mean of |patches|.
    let patchMean: Double

    var testDescription: String { "\(size), \(positions)" }
  }

  static let published = [
    Published(
      size: Size(width: 224, height: 224), positions: .offset,
      classToken: [-1.70287, 0.05342, 1.38060, -3.27374, -2.99609, -1.00884],
      firstPatch: [-1.66405, -1.61560, -1.68780, -3.26767, -2.96865, -0.76328],
      lastPatch: [-0.57674, 2.04461, 0.72523], classSum: 754.5385, patchMean: 1.889618),
    Published(
      size: Size(width: 224, height: 224), positions: .size,
      classToken: [-1.71716, 0.05775, 1.36611, -3.24589, -3.01583, -0.97018],
      firstPatch: [-1.66124, -1.58820, -1.70105, -3.23610, -2.92747, -0.70813],
      lastPatch: [-0.60360, 1.92108, 0.69466], classSum: 752.2706, patchMean: 1.879717),
    Published(
      size: Size(width: 224, height: 224), positions: .antialias,
      classToken: [-1.75866, 0.08706, 1.28927, -3.42939, -3.04695, -0.79694],
      firstPatch: [-1.53113, -1.76325, -1.77253, -3.20618, -2.65984, -0.59456],
      lastPatch: [-0.65878, 1.94682, 0.53277], classSum: 742.4628, patchMean: 1.832448),
    Published(
      size: Size(width: 336, height: 224), positions: .offset,
      classToken: [-1.33143, 0.05424, 1.55381, -3.84301, -2.86417, -1.36039],
      firstPatch: [-1.17593, -1.91834, -0.97115, -3.68474, -3.21326, -1.65182],
      lastPatch: [-0.72246, 1.64322, 0.75679], classSum: 773.7964, patchMean: 1.977924),
    Published(
      size: Size(width: 336, height: 224), positions: .antialias,
      classToken: [-1.32800, 0.04306, 1.60296, -3.92493, -2.83302, -1.34612],
      firstPatch: [-1.13450, -2.03174, -0.80639, -3.71892, -3.24929, -1.64243],
      lastPatch: [-0.70880, 1.56664, 0.78180], classSum: 774.6373, patchMean: 1.986508),
    Published(
      size: Size(width: 518, height: 518), positions: .offset,
      classToken: [-0.09769, -0.45139, 1.59001, -4.35316, -2.31817, -1.12490],
      firstPatch: [0.27551, -1.80519, 0.71948, -4.06164, -2.76189, -2.07614],
      lastPatch: [0.35267, 1.07560, 1.24652], classSum: 794.1360, patchMean: 2.068729),
  ]

  /// x[c, y, x] = sin(0.05 (c + 1) y + 0.3 c) · cos(0.07 x − 0.2 c).
  private func waves(_ size: Size) -> InputPlanes {
    var values: [Float] = []
    for c in 0..<3 {
      for y in 0..<size.height {
        let vertical = sin(0.05 * Double(c + 1) * Double(y) + 0.3 * Double(c))
        for x in 0..<size.width {
          values.append(Float(vertical * cos(0.07 * Double(x) - 0.2 * Double(c))))
        }
      }
    }
    return InputPlanes(size: size, values: values)
  }

  @Test(arguments: published)
  func `Default weights: tokens equal the published ones`(published: Published) async throws {
    let encodings = try await model(published.positions).encodings(
      of: waves(published.size), stride: 14)
    let encoding = try #require(encodings.first)
    let patches = encoding.patches.vectors
    let parts = [
      Agreement(Array(encoding.classToken.prefix(6)), published.classToken),
      Agreement(Array(patches.row(0).prefix(6)), published.firstPatch),
      Agreement(Array(patches.row(patches.rows - 1).prefix(3)), published.lastPatch),
    ]
    let largest = parts.map(\.difference).max() ?? .infinity
    print("\(published.testDescription): |Δ| ≤ \(largest)")
    #expect(largest <= 1e-3)
    let classSum = encoding.classToken.reduce(0.0) { $0 + Double(abs($1)) }
    let patchMean = patches.values.reduce(0.0) { $0 + Double(abs($1)) } / Double(patches.count)
    // 384 values, each within 1e-3 as above.
    #expect(abs(classSum - published.classSum) <= 0.02)
    #expect(abs(patchMean - published.patchMean) <= 1e-4)
  }

  /// The top-left corner of an input, `[3, side, side]`.
  private func corner(_ side: Int, of input: InputPlanes) -> [Float] {
    let (width, height) = (input.size.width, input.size.height)
    var values: [Float] = []
    for channel in 0..<3 {
      for row in 0..<side {
        let start = (channel * height + row) * width
        values += input.values[start..<start + side]
      }
    }
    return values
  }

  /// The smallest cosine between rows of `width` values.
  private func smallestCosine(_ found: [Float], _ expected: [Float], width: Int) -> Double {
    stride(from: 0, to: expected.count, by: width).reduce(1) { smallest, start in
      let row = start..<start + width
      return min(smallest, Agreement(Array(found[row]), Array(expected[row])).cosine)
    }
  }

  @Test(.enabled(if: haveGolden))
  func `Default weights: a micrograph's tokens and attention equal the reference's`() async throws {
    let (golden, model, input) = try micrograph()
    let pixels = Agreement(corner(28, of: input), try golden.floats("input"))
    #expect(pixels.difference <= 1e-6, "\(pixels)")

    let encodings = try await model.encodings(of: input, stride: 14)
    let encoding = try #require(encodings.first)
    let attention = encoding.classAttention[.softmax].vectors
    let perHead = (0..<6).flatMap { head in (0..<attention.rows).map { attention[$0, head] } }
    let parts: [(name: String, found: [Float], width: Int, limit: Double)] = [
      ("patch_tokens", encoding.patches.vectors.values, 384, 2e-4),
      ("cls_token", encoding.classToken, 384, 2e-4), ("cls_attention", perHead, 1369, 2e-6),
    ]
    for part in parts {
      let expected = try golden.floats(part.name)
      let difference = Agreement(part.found, expected).difference
      let cosine = smallestCosine(part.found, expected, width: part.width)
      print("sofc_518, \(part.name): |Δ| ≤ \(difference), smallest cosine \(cosine)")
      #expect(difference <= part.limit && cosine >= 0.999999)
    }
  }

  /// Tolerance: ‖Δ‖ in parts of ‖float32‖, and every token's direction.
  @Test(
    .enabled(if: haveGolden),
    arguments: [(Precision.bfloat16, 0.005, 0.9995), (Precision.int8, 0.04, 0.995)])
  func `Default weights: other precisions are close to float32, for any number of threads`(
    precision: Precision, part: Double, direction: Double
  ) async throws {
    let (_, model, input) = try micrograph()
    let encodings = try await model.encodings(of: input, stride: 14)
    let exact = try #require(encodings.first)
    let expected = exact.classToken + exact.patches.vectors.values
    var bits: [[[UInt32]]] = []
    for members in 1...4 {
      let encodings = try await model.encodings(
        of: input, stride: 14, precision: precision, members: members)
      let rounded = try #require(encodings.first)
      bits.append(rounded.bits)
      let found = rounded.classToken + rounded.patches.vectors.values
      let (error, size) = zip(found, expected).reduce(into: (0.0, 0.0)) { sums, pair in
        sums.0 += Double((pair.0 - pair.1) * (pair.0 - pair.1))
        sums.1 += Double(pair.1 * pair.1)
      }
      let relative = (error / size).squareRoot()
      let cosine = smallestCosine(found, expected, width: 384)
      if members == 1 {
        print("sofc_518, \(precision): ‖Δ‖ is \(relative) of all, smallest cosine \(cosine)")
      }
      #expect(relative <= part && cosine >= direction)
    }
    #expect(Set(bits).count == 1)
  }

  /// Tolerance: |Δ| ≤ 2e-4.
  @Test(.enabled(if: haveGolden), arguments: [EncodeOptions.Facet.query, .key, .value])
  func `Default weights: a micrograph's facets equal the reference's`(facet: EncodeOptions.Facet)
    async throws
  {
    let (golden, model, input) = try micrograph()
    let encodings = try await model.encodings(of: input, stride: 14, facet: facet)
    let vectors = try #require(encodings.first).patches.vectors.values
    let expected = try golden.floats("facet_\(facet)")
    let agreement = Agreement(Array(vectors[..<expected.count]), expected)
    print("sofc_518, facet_\(facet): \(agreement)")
    #expect(agreement.difference <= 2e-4)
  }

  /// The reference's tensors, the model, and its input.
  private func micrograph() throws -> (golden: Checkpoint, model: ViT, input: InputPlanes) {
    let folder = DefaultWeightsTests.golden
    let golden = try Checkpoint(path: folder.appending(path: "sofc_518.safetensors").path)
    let bytes = try [UInt8](Data(contentsOf: folder.appending(path: "sofc_518.png")))
    let picture = try decode(bytes, limits: DecodingLimits())
    let model = try model(.offset)
    let canvas = try #require(Canvas(picture.size, fit: .crop, patch: 14))
    let normalization = Normalization(mean: model.card.mean, deviation: model.card.std)
    return (golden, model, normalization(try Intensities(picture, scale: .reference), on: canvas))
  }
}
