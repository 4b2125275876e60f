import HTTPTypes

extension HTTPField.Name {
  static let field = named("Eyepiece-Field")
  static let shape = named("Eyepiece-Shape")
  static let model = named("Eyepiece-Model")
  static let precision = named("Eyepiece-Precision")
  static let loss = named("Eyepiece-Loss")
  static let serverTiming = named("Server-Timing")

  /// Fields of requests that mean something here, beside those that any page may send.
  static let understood: [HTTPField.Name] = [
    .accept, .contentType, .ifMatch, .ifNoneMatch, .ifRange, .range,
  ]

  /// Fields of answers that mean something here, beside those that any page may read.
  static let told: [HTTPField.Name] = [
    .acceptRanges, .allow, .contentDisposition, .contentRange, .eTag, .field, .loss, .model,
    .precision,
    .shape,
    .location, .retryAfter, .serverTiming,
  ]

  private static func named(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("a field named \(name)") }
    return name
  }
}
