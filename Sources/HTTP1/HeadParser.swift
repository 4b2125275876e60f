import HTTPTypes

/// Reads a request's head: the request line and the fields, with their combined meaning.
struct HeadParser: Sendable {
  private let limits: ProtocolLimits
  private var lines: RequestLineParser
  private var fields: FieldSectionParser
  private var line: RequestLine?
  /// Whether the line has been read; a stored property, as reading the line would copy it per byte.
  private var hasLine = false

  /// Bytes read, from the request line on.
  private(set) var count = 0

  init(limits: ProtocolLimits) {
    self.limits = limits
    lines = RequestLineParser(limits: limits)
    fields = FieldSectionParser(limit: limits.fields)
  }

  /// Reads bytes from the buffer until the head is complete or the buffer is empty.
  mutating func read(
    from buffer: inout ReceiveBuffer
  ) throws(ProtocolViolation) -> RequestHead? {
    while let byte = buffer.popFirst() {
      guard count < limits.head else { throw .headTooLarge(limit: limits.head) }
      if hasLine {
        count += 1
        if let fields = try fields.read(byte), let line {
          return try RequestHead(line, fields: fields)
        }
      } else {
        if let line = try lines.read(byte) { (self.line, hasLine) = (line, true) }
        if lines.hasBegun { count += 1 }
      }
    }
    return nil
  }
}

extension RequestHead {
  /// Combines a request line and its fields; each rule refuses what it does not allow.
  init(_ line: RequestLine, fields: HTTPFields) throws(ProtocolViolation) {
    try fields.requireSingleValues()
    try fields.checkHost(of: line)
    let framing = try BodyFraming(fields, version: line.version)
    let expectsContinue = try fields.expectContinue(version: line.version)
    let options = try ConnectionOptions(fields)
    self.init(
      method: line.method, target: line.target.target, version: line.version,
      fields: options.removingHopByHopFields(from: fields), framing: framing,
      keepsAlive: options.keepsAlive(version: line.version),
      expectsContinue: expectsContinue && framing != .none && framing != .fixed(0))
  }
}
