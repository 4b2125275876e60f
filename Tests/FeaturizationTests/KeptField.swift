import Tensors
import Files
import Encoders
import Featurization
import ImageCodecs
import Imaging
import Support
import Testing

/// A stored field with queries to it.
struct KeptField {
  let services: Services
  let record: FieldRecord

  init(
    _ stub: StubFeaturizer, _ image: Raster, _ query: String = "",
    storageType: FieldRequest.StorageType = .float32
  ) async throws {
    services = stub.services
    let request = try parse(query, storageType: storageType).field
    let made = try await services.keep(.bytes(image.png()), request)
    record = try await services.record(of: made.field.id)
  }

  func ask(
    _ query: String, among outputs: [OutputKind] = OutputKind.ofImages,
    posted: QueryPayload? = nil
  ) async throws -> Answer {
    let request = try KeptField.request(query, among: outputs, of: record.request)
    return try await services.answer(record, request, posted: posted)
  }

  /// The floats of the one array in an answer.
  func array(
    _ query: String, among outputs: [OutputKind] = OutputKind.ofImages,
    posted: QueryPayload? = nil
  ) async throws -> ArrayFile {
    try await ArrayFile(ask(query, among: outputs, posted: posted).bytes())
  }

  static func request(
    _ query: String, among outputs: [OutputKind], of field: FieldRequest
  ) throws(ParameterError) -> FeatureRequest {
    guard let card = StubFeaturizer.cards.first(where: { $0.name == field.model }) else {
      throw .unknown(name: field.model)
    }
    return try FeatureRequest(pairs(query), among: outputs, of: field, card: card)
  }
}

/// The names and values of a query.
func pairs(_ query: String) -> [(name: String, value: String)] {
  query.split(separator: "&").map { pair in
    let sign = pair.firstIndex(of: "=") ?? pair.endIndex
    return (name: String(pair[..<sign]), value: String(pair[sign...].dropFirst()))
  }
}

/// The largest difference of two lists; infinite for different lengths.
func difference(_ a: [Float], _ b: [Float]) -> Float {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

extension ArrayFile {
  /// The vectors in any arrangement, `[places][dim]`.
  var vectors: [[Float]] {
    let dim = shape.last ?? 1
    return stride(from: 0, to: values.count, by: dim).map { Array(values[$0..<$0 + dim]) }
  }

  /// The vector at a pixel.
  func vector(x: Int, y: Int) -> [Float] {
    let (first, dim) = (y * shape[1] + x, shape[2])
    return Array(values[first * dim..<(first + 1) * dim])
  }
}

/// An npy file of an array.
func npy(_ shape: [Int], _ type: ElementType, _ elements: [UInt8]) -> [UInt8] {
  NPY.header(shape: shape, of: type) + elements
}

/// An npy file of points.
func npy(points: [(x: Int, y: Int)]) -> [UInt8] {
  npy(
    [points.count, 2], .int32,
    points.flatMap { littleEndian(Int32($0.x)) + littleEndian(Int32($0.y)) })
}

extension FeatureRequest {
  /// The vectors of a request for features or components; `nil` for other outputs.
  var clusters: ClusterOptions? { (output as? ClustersOutput)?.options }

  var vectors: Vectors? {
    switch output {
    case let output as FeaturesOutput: output.vectors
    case let output as PCAOutput: output.vectors
    default: nil
    }
  }
}
