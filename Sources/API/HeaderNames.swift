import HTTP1
import HTTPTypes

extension HTTPField.Name {
  static let field = named("Eyepiece-Field")
  static let source = named("Eyepiece-Source")
  static let notice = named("Eyepiece-Notice")
  static let labels = named("Eyepiece-Labels")
  static let classifier = named("Eyepiece-Classifier")
  static let shape = named("Eyepiece-Shape")
  static let model = named("Eyepiece-Model")
  static let precision = named("Eyepiece-Precision")
  /// How many views an answer rests on, and how many there will be.
  static let views = named("Eyepiece-Views")
  static let loss = named("Eyepiece-Loss")
  static let serverTiming = named("Server-Timing")
  static let referrerPolicy = named("Referrer-Policy")
  static let openerPolicy = named("Cross-Origin-Opener-Policy")
  static let requestID = named("X-Request-Id")
  static let traceparent = named("traceparent")
  static let rateLimit = named("RateLimit")
  static let rateLimitPolicy = named("RateLimit-Policy")
  static let link = named("Link")
  static let lastEventID = named("Last-Event-ID")
  /// Tells nginx not to hold a stream back.
  static let accelBuffering = named("X-Accel-Buffering")
  static let idempotencyKey = named("Idempotency-Key")
  static let idempotentReplayed = named("Idempotent-Replayed")
  static let cancelAfter = named("Cancel-After")
  /// The bytes of JSON before the tensors of a body.
  static let inferenceHeaderLength = named("Inference-Header-Content-Length")

  /// Request header fields that the server uses, beyond those that CORS always allows.
  static let allowedHeaders: [HTTPField.Name] = [
    .accept, .authorization, .cancelAfter, .contentEncoding, .contentType, .idempotencyKey,
    .ifMatch, .ifNoneMatch, .ifRange, .inferenceHeaderLength, .lastEventID, .prefer, .range,
    .requestID, .traceparent,
  ]

  /// Response header fields that the server sends, beyond those that CORS always exposes.
  static let exposedHeaders: [HTTPField.Name] = [
    .acceptRanges, .allow, .classifier, .contentDisposition, .contentRange, .eTag, .field,
    .idempotentReplayed, .inferenceHeaderLength, .labels, .link, .loss, .model,
    .precision, .preferenceApplied,
    .rateLimit, .rateLimitPolicy, .requestID, .shape, .location, .notice, .retryAfter,
    .serverTiming, .source,
    .traceparent, .views, .wwwAuthenticate,
  ]

  private static func named(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("a field named \(name)") }
    return name
  }
}
