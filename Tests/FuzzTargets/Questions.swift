import API
import Featurization
import HTTP1
import ImageCodecs
import Imaging
import Support

/// What is asked in queries and posted bodies.
enum Questions {
  static let limits = FeaturizationLimits(
    decoding: DecodingLimits(encodedBytes: 1 << 20, pixels: 1 << 18, side: 4096, pages: 20),
    tokens: 2000, views: 80, maxTflop: 0.1, points: 5000, jsonBytes: 1 << 20,
    guideBytes: 1 << 23)

  /// There are no more parameters than allowed, and options are read of them or refused.
  static func complaint(aboutQuery bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes.map { $0 & 0x7F }, as: UTF8.self)
    guard let query = try? QueryString(text) else { return nil }
    guard query.parameters.count <= 64 else { return "\(query.parameters.count) parameters" }
    let options = query.parameters.map { ($0.name, $0.value) }
    _ = try? FeatureRequest(options, cards: StubFeaturizer.cards, defaultModel: "stub14")
    return nil
  }

  /// Points that were taken are as many as allowed at most.
  static func complaint(aboutPoints bytes: [UInt8]) -> String? {
    guard
      let posted = try? PointUpload(bytes, of: Size(width: 64, height: 64), limits: limits)
    else { return nil }
    guard posted.points.count <= limits.points else { return "\(posted.points.count) points" }
    guard let labels = posted.labels else { return nil }
    return labels.count == posted.points.count ? nil : "\(labels.count) labels"
  }

  /// A request of the Open Inference Protocol, behind two bytes that tell how long its JSON is said to
  /// be; what is asked about is understood or refused.
  static func complaint(aboutInference bytes: [UInt8]) -> String? {
    let length = bytes.prefix(2).reduce(0) { $0 << 8 | Int($1) }
    let body = Array(bytes.dropFirst(2))
    for header in [length, nil] {
      guard
        let request = try? InferenceRequest(body, header: header, jsonBytes: limits.jsonBytes)
      else { continue }
      guard request.tensorBytes <= 8 * body.count else {
        return "\(request.tensorBytes) bytes of tensors from \(body.count)"
      }
      _ = try? request.subject
      _ = try? request.payload
    }
    return nil
  }

  static func complaint(aboutMap bytes: [UInt8]) -> String? {
    _ = try? LinearMapUpload(bytes, dim: 6)
    return nil
  }
}
