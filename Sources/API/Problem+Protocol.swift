package import HTTP1

extension Problem {
  package init(_ violation: ProtocolViolation) {
    switch violation {
    case .malformedRequestLine:
      self.init(400, "malformed-request-line", "The request line is malformed")
    case .malformedTarget:
      self.init(400, "malformed-target", "The request target is malformed")
    case .malformedField:
      self.init(400, "malformed-field", "A header field is malformed")
    case .malformedHost:
      self.init(400, "malformed-host", "The Host field is missing or malformed")
    case .malformedLength:
      self.init(400, "malformed-length", "The Content-Length field is malformed")
    case .conflictingFraming:
      self.init(400, "conflicting-framing", "The request has two framings of its body")
    case .malformedChunk:
      self.init(400, "malformed-chunk", "The chunked body is malformed")
    case .unsupportedVersion:
      self.init(505, "unsupported-version", "Only HTTP/1.1 and HTTP/1.0 are supported")
    case .unsupportedTransferCoding:
      self.init(501, "unsupported-transfer-coding", "The only supported transfer coding is chunked")
    case .unsupportedExpectation:
      self.init(417, "unsupported-expectation", "The only supported expectation is 100-continue")
    case .targetTooLong(let limit):
      self.init(
        414, "target-too-long", "The request target is too long", limit: limit,
        setting: "target-bytes")
    case .headTooLarge(let limit):
      self.init(
        431, "head-too-large", "The request's head is too large", limit: limit,
        setting: "head-bytes")
    case .tooManyFields(let limit):
      self.init(
        431, "too-many-fields", "The request has too many header fields", limit: limit,
        setting: "fields")
    case .bodyTooLarge(let limit):
      self.init(
        413, "body-too-large", "The body has too many bytes", limit: limit,
        setting: "body-bytes")
    case .chunkFramingTooLarge(let limit):
      self.init(
        413, "chunk-framing", "The chunks' framing is larger than their content", limit: limit,
        setting: "chunk-framing-bytes")
    case .chunkExtensionsTooLarge(let limit):
      self.init(
        413, "chunk-extensions", "The chunks have too many bytes of extensions and trailers",
        limit: limit, setting: "chunk-extension-bytes")
    case .headTooSlow(let seconds):
      self.init(
        408, "head-too-slow", "The request's head took too long", limit: seconds,
        setting: "head-timeout")
    case .bodyTooSlow(let seconds):
      self.init(
        408, "body-too-slow", "The body paused for too long", limit: seconds,
        setting: "body-timeout")
    case .bodyBelowRate(let limit):
      self.init(
        408, "body-too-slow", "The body brought too few bytes a second", limit: limit,
        setting: "body-rate")
    case .tooManyConnections(let limit):
      self.init(
        503, "too-many-connections", "Too many connections are open", limit: limit,
        setting: "connections")
      retryAfter = 1
    case .tooManyOfAddress(let limit):
      self.init(
        429, "too-many-connections", "Too many connections from one address are open",
        limit: limit, setting: "address-connections")
      retryAfter = 1
    case .bodyMemoryExhausted(let limit):
      self.init(
        503, "body-memory", "Too many bytes of bodies are being received", limit: limit,
        setting: "body-memory")
      retryAfter = 5
    }
  }

  init(_ error: SelectionError) {
    switch error {
    case .preconditionFailed:
      self.init(
        412, "precondition-failed", "A condition of the request is not met",
        "If-Match does not hold the answer's tag, or If-None-Match holds it")
    case .rangeNotSatisfiable(let length):
      self.init(
        416, "range-not-satisfiable", "There are no such bytes",
        "The range begins behind the last of \(length) bytes")
      self.length = length
    }
  }

  /// A 406; `offered` are the available media types, the default first.
  init(notAcceptable offered: [String]) {
    self.init(
      406, "not-acceptable", "Accept allows nothing that is offered",
      "Accept allows none of \(offered.joined(separator: ", "))")
  }

  init(_ error: QueryError) {
    switch error {
    case .malformed(let parameter, _):
      self.init(
        400, "malformed-query", "The query is malformed",
        "The parameter \(parameter) is not percent-encoded UTF-8")
    case .missingName:
      self.init(400, "malformed-query", "The query is malformed", "A parameter has no name")
    case .tooManyParameters(let limit):
      self.init(
        400, "too-many-parameters", "The query has too many parameters", limit: limit,
        setting: "parameters")
    }
  }

  init(_ error: MultipartError) {
    switch error {
    case .notFormData:
      self.init(malformedForm: "The content type is multipart, but not multipart/form-data")
    case .missingBoundary: self.init(malformedForm: "The content type names no boundary")
    case .malformedBoundary:
      self.init(malformedForm: "The boundary is not 1 to 70 characters of RFC 2046")
    case .missingFirstDelimiter: self.init(malformedForm: "The boundary is not in the body")
    case .malformedDelimiter(let offset):
      self.init(malformedForm: "The delimiter at byte \(offset) is malformed")
    case .missingFinalDelimiter(let part):
      self.init(malformedForm: "The form ends inside part \(part)")
    case .malformedPartHeader(let part):
      self.init(malformedForm: "The header of part \(part) is malformed")
    case .missingName(let part): self.init(malformedForm: "Part \(part) has no name")
    case .duplicateName(let name): self.init(malformedForm: "Two parts are named \(name)")
    case .unsupportedTransferEncoding(let part):
      self.init(malformedForm: "Part \(part) has a transfer encoding, which forms do not use")
    case .partHeaderTooLarge(let part, let limit):
      self.init(
        413, "part-header-too-large", "The header of part \(part) is too large", limit: limit,
        setting: "part-header-bytes")
    case .tooManyParts(let limit):
      self.init(
        413, "too-many-parts", "The form has too many parts", limit: limit, setting: "parts")
    }
  }

  private init(malformedForm detail: String) {
    self.init(400, "malformed-form", "The form is malformed", detail)
  }
}
