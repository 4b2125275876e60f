import HTTP1
import HTTPTypes

/// A parser's output for some bytes: its events, with adjacent parts of a body joined, and its
/// error.
struct Transcript: Equatable {
  private(set) var events: [RequestParser.Event] = []
  private(set) var violation: ProtocolViolation?
  /// Whether the parser was between requests at the end.
  private(set) var isIdle = false

  /// Feeds the pieces in sequence; takes `eventsPerPiece` events after each, the rest at the end.
  init(
    pieces: some Sequence<ArraySlice<UInt8>>, limits: ProtocolLimits = ProtocolLimits(),
    bodyLimit: Int? = nil, eventsPerPiece: Int = .max
  ) {
    var parser = RequestParser(limits: limits)
    do {
      for piece in pieces {
        parser.receive(piece)
        try takeEvents(from: &parser, upTo: eventsPerPiece, bodyLimit: bodyLimit)
      }
      try takeEvents(from: &parser, upTo: .max, bodyLimit: bodyLimit)
    } catch {
      violation = error
    }
    isIdle = parser.isIdle
  }

  init(_ bytes: [UInt8], limits: ProtocolLimits = ProtocolLimits(), bodyLimit: Int? = nil) {
    self.init(pieces: [bytes[...]], limits: limits, bodyLimit: bodyLimit)
  }

  private mutating func takeEvents(
    from parser: inout RequestParser, upTo limit: Int, bodyLimit: Int?
  ) throws(ProtocolViolation) {
    var taken = 0
    while taken < limit, let event = try parser.next() {
      if case .head = event, let bodyLimit { parser.limitBody(to: bodyLimit) }
      append(event)
      taken += 1
    }
  }

  private mutating func append(_ event: RequestParser.Event) {
    if case .body(let more) = event, case .body(let bytes)? = events.last {
      events[events.count - 1] = .body(bytes + more)
    } else {
      events.append(event)
    }
  }

  /// One line per event, such as `POST /a?b 1.1 fixed 3 keep`, `body abc` or `end`.
  ///
  /// A violation is `! malformedField`, and `…` at the end means that more bytes are needed.
  var lines: [String] {
    var lines = events.map(Self.line)
    if let violation {
      lines.append("! \(violation)")
    } else if !isIdle {
      lines.append("…")
    }
    return lines
  }

  private static func line(_ event: RequestParser.Event) -> String {
    switch event {
    case .head(let head): line(head)
    case .body(let bytes):
      bytes.count > 100
        ? "body of \(bytes.count)" : "body \(String(decoding: bytes, as: UTF8.self))"
    case .end: "end"
    }
  }

  private static func line(_ head: RequestHead) -> String {
    let query = head.target.query.map { "?\($0)" } ?? ""
    let framing =
      switch head.framing {
      case .none: "none"
      case .fixed(let length): "fixed \(length)"
      case .chunked: "chunked"
      }
    let path = head.target.path.utf8.count > 100 ? "long" : head.target.path
    return "\(head.method.rawValue) \(path)\(query) \(head.version == .http11 ? "1.1" : "1.0") "
      + "\(framing) \(head.keepsAlive ? "keep" : "close")\(head.expectsContinue ? " continue" : "")"
  }
}
