import HTTPTypes

extension HTTPField.Name {
  static let field = named("Eyepiece-Field")
  static let shape = named("Eyepiece-Shape")
  static let model = named("Eyepiece-Model")
  static let precision = named("Eyepiece-Precision")
  static let loss = named("Eyepiece-Loss")
  static let serverTiming = named("Server-Timing")
  static let requestID = named("X-Request-Id")
  static let traceparent = named("traceparent")
  static let rateLimit = named("RateLimit")
  static let rateLimitPolicy = named("RateLimit-Policy")

  /// Fields of requests that mean something here, beside those that any page may send.
  static let allowedHeaders: [HTTPField.Name] = [
    .accept, .authorization, .contentType, .ifMatch, .ifNoneMatch, .ifRange, .range, .requestID,
    .traceparent,
  ]

  /// Fields of answers that mean something here, beside those that any page may read.
  static let exposedHeaders: [HTTPField.Name] = [
    .acceptRanges, .allow, .contentDisposition, .contentRange, .eTag, .field, .loss, .model,
    .precision,
    .rateLimit, .rateLimitPolicy, .requestID, .shape, .location, .retryAfter, .serverTiming,
    .traceparent, .wwwAuthenticate,
  ]

  private static func named(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("a field named \(name)") }
    return name
  }
}
