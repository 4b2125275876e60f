import Tensors
import Checkpoints
import Encoders
import Featurization
import Fields
import Foundation
import ImageCodecs
import Imaging
import LinearAlgebra
import VisionTransformers

/// The reference's tensors of one image beside the project, and the model that they were made with.
struct Golden {
  private static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let folder = package.appending(path: "../shared/golden").standardizedFileURL
  private static let weights = package.appending(path: "Weights/dinov2_vits14.safetensors")

  /// Whether both are here; says so aloud when not.
  static let isHere: Bool = {
    let missing = [folder.appending(path: "sofc_518.safetensors"), weights].filter {
      !FileManager.default.fileExists(atPath: $0.path)
    }
    for file in missing { print("SKIPPED: fields against the reference need \(file.path)") }
    return missing.isEmpty
  }()

  let workers = ThreadPool(count: 2)
  let points: [(x: Int, y: Int)]
  private let tensors: Checkpoint
  private let encoder: ViT
  private let image: [UInt8]

  init() throws {
    let path = Golden.folder.appending(path: "sofc_518.safetensors").path
    tensors = try Checkpoint(path: path)
    points = try Golden.points(tensors)
    let cards = Golden.package.appending(path: "Config/models.json")
    let card = try JSONDecoder().decode([ModelCard].self, from: Data(contentsOf: cards))[0]
    encoder = try ViT(Weights(try Checkpoint(path: Golden.weights.path)), card: card)
    image = Array(try Data(contentsOf: Golden.folder.appending(path: "sofc_518.png")))
  }

  func floats(_ name: String) throws -> [Float] { try tensors.floats(name) }

  /// The field that a request's options ask for, on the way that the program takes.
  func field(_ options: [(name: String, value: String)]) throws -> FeatureField {
    let card = encoder.card
    let request = try FeatureRequest(
      options + [("scale", "hrdv2")], cards: [card], defaultModel: card.name
    ).field
    let raster = try decode(image, limits: DecodingLimits())
    guard let canvas = Canvas(raster.size, fit: request.fit, patch: card.patch) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    let input = Normalization(mean: card.mean, deviation: card.std)(
      try Intensities(raster, scale: request.scale), on: canvas)
    let views = request.views(of: canvas.encoded)
    let encodings = try encoder.encode(
      input, views: views.map(\.view), request.encodeOptions,
      on: workers, progress: WorkProgress())
    return FeatureField(
      canvas: canvas, patch: card.patch, stride: request.encodeOptions.stride,
      upsampling: request.upsampling, alignment: request.alignment,
      views: zip(views, encodings).map {
        (view: $0.view, weight: $0.count, map: $1.patches.undoing($0.view))
      })
  }

  /// The 512 pixels of `points_yx`, int32 pairs of y and x.
  private static func points(_ tensors: Checkpoint) throws -> [(x: Int, y: Int)] {
    let numbers = try tensors.floats("points_yx").map { Int($0) }
    return stride(from: 0, to: numbers.count, by: 2).map { (x: numbers[$0 + 1], y: numbers[$0]) }
  }
}
