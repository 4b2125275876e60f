import Encoders
import Featurization
import Files
import Foundation
import ImageCodecs
package import Imaging

extension Doctor {
  /// The default model, and whether it computes what it should.
  enum Models {
    @Sendable static func weights(_ settings: Settings) async -> [Finding] {
      let name = settings.model
      do {
        let cards = try Composition.cards(in: settings.weights)
        guard let card = cards.first(where: { $0.name == name }) else {
          throw CompositionError.unknownModel(name, known: cards.map(\.name))
        }
        let path = Composition.path(of: card, in: settings.weights)
        guard FileManager.default.fileExists(atPath: path) else {
          throw CompositionError.weightsMissing(name, folder: settings.weights)
        }
        let digest = try Composition.read(card, from: settings.weights).digest
        let words = "\(name): SHA-256 \(digest)"
        return [
          card.sha256 == nil
            ? .note("weights", "\(words), of which its card says nothing")
            : .good("weights", "\(words), as its card says")
        ]
      } catch FeaturizationError.weightsRefused(_, let reason) {
        return [.bad("weights", reason)]
      } catch {
        return [.bad("weights", "\(error)")]
      }
    }

    /// Asks for features of a picture that is made here, by the way that a request goes.
    @Sendable static func selfTest(_ settings: Settings) async -> [Finding] {
      guard settings.model == SelfTest.model else {
        return [.note("self-test", "there is one for \(SelfTest.model) alone")]
      }
      do {
        let parts = try Composition(settings, keeping: .nowhere)
        let begun = ContinuousClock().now
        let found = try await SelfTest.ask(parts.services)
        let took = (ContinuousClock().now - begun) / .seconds(1)
        let difference = SelfTest.difference(found)
        let words = "the largest difference is \(difference), \(SelfTest.tolerance) is allowed"
        return [
          difference <= SelfTest.tolerance
            ? .good("self-test", "\(words); \((took * 1000).rounded() / 1000) s")
            : .bad("self-test", words)
        ]
      } catch {
        return [.bad("self-test", "it could not be computed: \(error)")]
      }
    }
  }
}

/// A small picture and what the default model has to say of it.
package enum SelfTest {
  package static let model = "dinov2_vits14"

  /// What other processors' rounding may change, bfloat16 included where it is asked for, is less.
  package static let tolerance: Float = 2e-3

  /// Blobs on a slope, 70 × 56 pixels of 8 bits: whole numbers alone, the same everywhere.
  package static var picture: Raster {
    let size = Size(width: 70, height: 56)
    let samples = (0..<size.width * size.height).map { index in
      let (x, y) = (index % size.width, index / size.width)
      let (dx, dy) = (x % 24 - 12, y % 20 - 10)
      return UInt8(dx * dx + dy * dy < 49 ? 200 - x : 40 + x + y)
    }
    return Raster(size: size, channels: 1, samples: .uint8(samples))
  }

  /// Places in the picture whose features are compared, in float32.
  static let points = "10,10;35,28;66,50"
  static let channels = [0, 100, 200, 300]

  /// Of each point the channels; found with the weights of the card, whose tokens are held against
  /// the published model's in `GoldenTests`.
  package static let values: [Float] = [
    0.22885, -0.15333, 0.40377, 0.42495,
    0.59920, -0.45143, 0.34258, -0.03311,
    0.09333, 1.31978, 0.98915, 0.34713,
  ]

  /// Asks for the values.
  static func ask(_ services: Services) async throws -> [Float] {
    let options: [(name: String, value: String)] = [
      ("quality", "draft"), ("scale", "none"), ("points", points), ("format", "raw"),
      ("precision", "float32"),
    ]
    let request = try services.fields.request(options)
    let source = try await services.fields.source(
      .bytes(try encodePNG(picture)), request.field)
    let answer = try await services.queries.answer(source, request)
    var bytes: [UInt8] = []
    switch answer.body {
    case .whole(let whole): bytes = whole
    case .stream(let stream): try await stream.write { bytes += $0 }
    }
    let dim = answer.shape.last ?? 0
    return (0..<(answer.shape.first ?? 0)).flatMap { point in
      channels.map { channel in
        Float(bitPattern: bytes.integer(UInt32.self, at: 4 * (point * dim + channel)))
      }
    }
  }

  /// The largest difference from what is known; infinite for anything else than as many numbers.
  package static func difference(_ found: [Float]) -> Float {
    guard found.count == values.count, found.allSatisfy(\.isFinite) else { return .infinity }
    return zip(found, values).map { abs($0 - $1) }.max() ?? .infinity
  }
}
