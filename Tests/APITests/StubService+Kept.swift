import API
import Foundation
import HTTPTypes
import Support
import Testing

extension StubService {
  /// Computes a field of an image and returns its id.
  func field(
    _ image: [UInt8], _ query: String = "quality=draft&flips=none"
  ) async throws -> String {
    let made = try await send(.post, "/fields?\(query)", image)
    #expect(made.status == 200 || made.status == 201)
    return try #require(made["Eyepiece-Field"])
  }

  /// Stores an image and returns its name.
  func keep(_ image: [UInt8]) async throws -> String {
    let kept = try await send(.post, "/images", image)
    #expect([200, 201].contains(kept.status))
    return String(try #require(kept["Location"]).dropFirst("/images/".count))
  }
}

extension Resource {
  static let features = named("/features")
  static let fields = named("/fields")
  static let field = named("/fields/{id}")
  static let fieldSample = named("/fields/{id}/sample")
  static let fieldProject = named("/fields/{id}/project")
  static let fieldSimilarity = named("/fields/{id}/similarity")
  static let fieldSegmentation = named("/fields/{id}/segmentation")
  static let fieldMeasurements = named("/fields/{id}/measurements")
  static let fieldSuggestions = named("/fields/{id}/suggestions")
  static let fieldLabels = named("/fields/{id}/labels")
  static let search = named("/search")
  static let images = named("/images")
  static let image = named("/images/{image}")
  static let live = named("/livez")
  static let ready = named("/readyz")
  static let metrics = named("/metrics")
  static let page = named("/")
  static let docs = named("/docs")
  static let pageFile = named("/page/{file}")
  static let inferenceHealth = ["live", "ready"].map { named("/v2/health/\($0)") }
  static let inferenceReady = ["", "/versions/1"].map { named("/v2/models/{model}\($0)/ready") }

  /// Whether it is one of the Open Inference Protocol, which has a form of its own for errors.
  var isInference: Bool { path.hasPrefix("/v2") }

  private static func named(_ path: String) -> Resource {
    guard let resource = all.first(where: { $0.path == path }) else {
      preconditionFailure("no resource at \(path)")
    }
    return resource
  }

  /// A path of a field, with the point or the classifier that its outputs need.
  func path(
    field: String = BadInput.zeros, image: String = "sha256-\(BadInput.zeros)"
  ) -> String {
    let path = path.replacing("{id}", with: field).replacing("{image}", with: image)
      .replacing("{file}", with: "main.js").replacing("{model}", with: "stub14")
      .replacing("{job}", with: BadInput.noID).replacing("{batch}", with: BadInput.noID)
    switch self {
    case .fieldSimilarity: return path + "?x=1&y=2"
    case .fieldSegmentation, .fieldMeasurements, .fieldSuggestions:
      return path + "?classifier=\(BadInput.zeros)"
    default: return path
    }
  }
}

/// An npy file.
func npy(_ type: String, _ shape: [Int], _ data: [UInt8]) -> [UInt8] {
  let axes = shape.map { "\($0)," }.joined(separator: " ")
  let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(axes)), }\n"
  return [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian(UInt16(header.utf8.count))
    + Array(header.utf8) + data
}

func npy(floats: [Float], _ shape: [Int]) -> [UInt8] { npy("<f4", shape, bytes(of: floats)) }

func npy(points: [[Int32]]) -> [UInt8] {
  npy("<i4", [points.count, 2], points.flatMap { $0.flatMap { littleEndian($0) } })
}
