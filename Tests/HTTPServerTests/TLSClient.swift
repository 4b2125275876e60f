import Support
import Transport

/// A client that speaks TLS over a plain blocking socket.
final class TLSClient: @unchecked Sendable {  // SAFETY: each is used by one thread at a time.
  let raw: RawClient
  private let session: TLSSession
  /// Whether the server said goodbye, rather than just going.
  private(set) var wasDismissed = false

  init(
    port: Int, trusting authority: String = Certificates.authority,
    certificate: (chain: String, key: String)? = nil, receiveBuffer: Int32? = nil
  ) throws {
    raw = try RawClient(port: port, receiveBuffer: receiveBuffer)
    session = try TLSSession(try TLSContext(trusting: authority, certificate: certificate))
    while !session.isEstablished {
      _ = try session.read(atMost: 1)
      try raw.send(session.ciphertext())
      guard !session.isEstablished else { break }
      let bytes = try raw.receive()
      guard !bytes.isEmpty else { throw RawClient.Failure.ended(after: []) }
      session.take(bytes)
    }
  }

  func send(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      rest = rest.dropFirst(try session.write(rest.span))
      try raw.send(session.ciphertext())
    }
  }

  /// Some text; none at the end.
  func receive(atMost limit: Int = 65536) throws -> [UInt8] {
    while true {
      switch try session.read(atMost: limit) {
      case .bytes(let text): return text
      case .end:
        wasDismissed = true
        return []
      case .nothing:
        let bytes = try raw.receive()
        if bytes.isEmpty { return [] }
        session.take(bytes)
      }
    }
  }

  func receive(exactly count: Int) throws -> [UInt8] {
    var all: [UInt8] = []
    while all.count < count {
      let text = try receive(atMost: count - all.count)
      guard !text.isEmpty else { throw RawClient.Failure.ended(after: all) }
      all += text
    }
    return all
  }

  func receiveAll() throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let text = try receive()
      if text.isEmpty { return all }
      all += text
    }
  }

  /// An answer with a `Content-Length`: its head as text, and its body.
  func receiveAnswer() throws -> (head: String, body: [UInt8]) {
    var head = ""
    while !head.hasSuffix("\r\n\r\n") {
      head += String(decoding: try receive(exactly: 1), as: UTF8.self)
    }
    let length = head.split(separator: "\r\n").compactMap { line in
      line.hasPrefix("Content-Length: ") ? Int(line.dropFirst(16)) : nil
    }
    return (head, try receive(exactly: length.first ?? 0))
  }

  func end() throws {
    session.end()
    try raw.send(session.ciphertext())
  }
}
