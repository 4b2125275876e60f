/// The lines of a stream of server-sent events.
///
/// Source: HTML, §9.2.6.
enum EventText {
  /// The milliseconds after which a client comes again; the first line of a stream.
  static let retry = Array("retry: 3000\n\n".utf8)
  /// A comment, which shows proxies and clients that the stream lives.
  static let heartbeat = Array(":\n\n".utf8)

  /// An event; `data` is one line.
  static func event(_ kind: String, id: Int, data: [UInt8]) -> [UInt8] {
    precondition(!data.contains { $0 == 10 || $0 == 13 }, "an event of several lines")
    return Array("id: \(id)\nevent: \(kind)\ndata: ".utf8) + data + [10, 10]
  }

  /// The last event: the client need not come again.
  static func end(id: Int) -> [UInt8] { event("end", id: id, data: Array("{}".utf8)) }
}
