import Files
import Featurization
package import HTTP1
import HTTPTypes
import Scheduling

extension Representation {
  /// Lets the client cache an answer for good and forbids shared caches, since images are private.
  ///
  /// A year stands for no expiry. Source: RFC 9111 §5.2.2.7; RFC 8246.
  package static let forever = "private, max-age=31536000, immutable"

  /// An answer about an image, which may be cached for good.
  init(_ answer: Answer, to negotiation: Negotiation) {
    self.init(answer, of: negotiation.request.kind.name)
    if negotiation.wasNegotiated { fields.vary(by: .accept) }
  }

  /// An answer that a job made.
  init(_ answer: Answer) { self.init(answer, of: "result") }

  private init(_ answer: Answer, of output: String) {
    self.init(
      tag: EntityTag(of: answer.name),
      fields: [
        .cacheControl: Representation.forever,
        .contentType: answer.format.mediaType,
        .contentDisposition: answer.disposition(output),
        .field: answer.field.description,
        .shape: answer.shape.map(String.init).joined(separator: ","),
        .model: answer.model,
        .precision: answer.precision,
        .serverTiming: answer.timings.map(\.field).joined(separator: ", "),
      ],
      content: answer.content)
    if let source = answer.source { fields.describe(source, to: answer.lastPage) }
    if let classifier = answer.classifier { fields[.classifier] = classifier.description }
    if let loss = answer.loss { fields[.loss] = "\(loss)" }
  }

  /// The 304 for a client that has the answer, or `nil`; throws if a precondition fails.
  static func known(
    _ tag: EntityTag, _ negotiation: Negotiation, to head: RequestHead
  ) throws(SelectionError) -> Response? {
    guard Conditions(head).verdict(on: tag) != .perform else { return nil }
    var known = Representation(
      tag: tag, fields: [.cacheControl: forever], content: .bytes([]))
    if negotiation.wasNegotiated { known.fields.vary(by: .accept) }
    return try known.response(to: head)
  }

  /// A document of the server's own, which may change and is revalidated on each use.
  init(_ bytes: [UInt8], type: String) {
    self.init(
      tag: EntityTag(of: SHA256.digest(of: bytes)),
      fields: [.cacheControl: "no-cache", .contentType: type], content: .bytes(bytes))
  }
}

extension Representation.Content {
  /// Bytes whose memory is counted until the last of them has gone out.
  init(_ bytes: [UInt8], holding reservation: Reservation?) {
    guard let reservation else {
      self = .bytes(bytes)
      return
    }
    self = .stream(length: bytes.count) { part, writer in
      try await writer.write(part.count == bytes.count ? bytes : Array(bytes[part]))
      withExtendedLifetime(reservation) {}
    }
  }
}

extension Answer {
  /// The response with this answer, or a part of it; the first page that it needs is computed before,
  /// so that a refusal comes as one.
  func response(
    _ representation: Representation, to head: RequestHead
  ) async throws -> Response {
    let response = try representation.response(to: head)
    if case .stream(let stream) = body, let part = representation.part(for: head) {
      try await stream.begin(at: part.lowerBound)
    }
    return response
  }

  fileprivate var content: Representation.Content {
    switch body {
    case .whole(let bytes): Representation.Content(bytes, holding: reservation)
    case .stream(let stream):
      .stream(length: stream.length) { part, writer in
        try await stream.write(part) { try await writer.write($0) }
      }
    }
  }

  /// Pictures are inline, arrays are attachments; the same bytes have the same file name.
  ///
  /// Source: RFC 6266 §4.
  fileprivate func disposition(_ output: String) -> String {
    let kind = format == .png || format == .json ? "inline" : "attachment"
    let file = "\(model)-\(output)-\(name.description.prefix(12)).\(format.fileExtension)"
    let harmless = file.map { character in
      let isPlain = character.isLetter || character.isNumber || "-._".contains(character)
      return character.isASCII && isPlain ? character : "_"
    }
    return "\(kind); filename=\"\(String(harmless))\""
  }
}

extension Answer.Timing {
  /// The stage as a metric of `Server-Timing`.
  ///
  /// Source: Server Timing, W3C, §2.
  fileprivate var field: String {
    let microseconds = Int(duration / .microseconds(1))
    let fraction = String(microseconds % 1000 + 1000).dropFirst()
    return "\(stage);dur=\(microseconds / 1000).\(fraction)"
  }
}

extension EntityTag {
  init(of name: Digest) {
    self.init(strong: name.description)
  }
}
