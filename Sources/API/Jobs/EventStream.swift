import HTTP1
import HTTPTypes
import Jobs

/// What is told of a document.
struct EventState: Sendable {
  let version: Int
  /// A line of JSON.
  let line: [UInt8]
  let isEnded: Bool
}

/// A stream of what something is, told whenever it has changed.
///
/// Each event is the whole document and its id is the document's version, so that nothing is kept of
/// events, and a client that comes again with `Last-Event-ID` is told what is, not what was.
struct EventStream<Document: Sendable>: Sendable {
  /// Ticks after which a comment is sent where there is nothing to tell.
  static var heartbeat: Int { 15 }

  /// The name of its events.
  let kind: String
  let watch: JobWatch
  let subject: JobWatch.Subject
  /// What is now; `nil` for what is no more.
  let look: @Sendable () async throws -> Document?
  let state: @Sendable (Document) -> EventState

  /// The answer to a client that has seen the version `seen`; `hold` is kept until the stream ends.
  func response(
    to first: Document, seen: Int?, holding hold: (any Sendable)?
  ) -> Response {
    let now = state(first)
    if now.isEnded, let seen, seen >= now.version {
      // It makes a browser's EventSource stop. Source: HTML, §9.2.3.
      return Response(status: .noContent, fields: [.cacheControl: "no-store"])
    }
    return Response(
      status: .ok,
      fields: [
        .contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no",
      ],
      body: .unsized { writer in
        try await send(to: writer)
        withExtendedLifetime(hold) {}
      })
  }

  private func send(to writer: any BodyWriter) async throws {
    let wakes = watch.wakes(of: subject)
    try await writer.write(EventText.retry)
    var told: [UInt8] = []
    var quiet = 0
    guard try await tell(writer, &told) else { return }
    for await wake in wakes {
      quiet += wake == .tick ? 1 : 0
      let before = told
      guard try await tell(writer, &told), wake != .drain else { return }
      if told != before { quiet = 0 }
      guard quiet >= Self.heartbeat else { continue }
      quiet = 0
      try await writer.write(EventText.heartbeat)
    }
  }

  /// Sends what is, if it is not what was told last; returns whether there will be more.
  private func tell(_ writer: any BodyWriter, _ told: inout [UInt8]) async throws -> Bool {
    guard let document = try await look() else { return false }
    let state = state(document)
    if state.line != told {
      try await writer.write(EventText.event(kind, id: state.version, data: state.line))
      told = state.line
    }
    guard state.isEnded else { return true }
    try await writer.write(EventText.end(id: state.version))
    return false
  }
}
