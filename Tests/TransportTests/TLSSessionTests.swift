import Files
import Foundation
import Support
import Testing
import Transport

/// A client and a server in one process, with the bytes between them.
private final class Pair {
  let client: TLSSession
  let server: TLSSession
  private(set) var clientText: [UInt8] = []
  private(set) var serverText: [UInt8] = []
  private(set) var clientEnded = false
  private(set) var serverEnded = false

  init(
    trusting authority: String = Certificates.authority, clients: String? = nil,
    as certificate: (chain: String, key: String)? = nil
  ) throws {
    client = try TLSSession(try TLSContext(trusting: authority, certificate: certificate))
    server = try TLSSession(
      try TLSContext(
        certificate: Certificates.server, key: Certificates.serverKey, clients: clients))
  }

  /// Carries ciphertext both ways, in pieces of at most `piece` bytes, until there is none.
  func settle(piece: Int = .max) throws {
    while true {
      try read(client, into: &clientText, &clientEnded)
      try read(server, into: &serverText, &serverEnded)
      let (up, down) = (client.ciphertext(), server.ciphertext())
      if up.isEmpty, down.isEmpty { return }
      for (bytes, receiver) in [(up, server), (down, client)] {
        for start in stride(from: 0, to: bytes.count, by: piece) {
          receiver.take(Array(bytes[start..<min(bytes.count, start + min(piece, bytes.count))]))
          try read(client, into: &clientText, &clientEnded)
          try read(server, into: &serverText, &serverEnded)
        }
      }
    }
  }

  func send(_ text: [UInt8], from sender: TLSSession) throws {
    var rest = text[...]
    while !rest.isEmpty {
      let written = try sender.write(rest.span)
      #expect(written > 0 && written <= TLSSession.record)
      rest = rest.dropFirst(written)
    }
  }

  private func read(
    _ session: TLSSession, into text: inout [UInt8], _ hasEnded: inout Bool
  ) throws {
    reading: while true {
      switch try session.read(atMost: 5000) {
      case .bytes(let bytes): text += bytes
      case .nothing: break reading
      case .end:
        hasEnded = true
        break reading
      }
    }
  }
}

@Suite("TLS session") struct TLSSessionTests {
  @Test(arguments: [1, 2, 3, 5, 17, 1000, 16_400, .max])
  func `TLSSession: text arrives complete and in order, however the ciphertext is split`(piece: Int)
    throws
  {
    let pair = try Pair()
    #expect(try pair.client.write([1, 2, 3].span) == 0)
    try pair.settle(piece: piece)
    #expect(pair.client.isEstablished && pair.server.isEstablished)
    #expect(pair.server.agreedProtocol == Array("http/1.1".utf8))
    #expect(pair.server.version == "TLSv1.3")
    let text = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7919) }
    try pair.send(text, from: pair.client)
    try pair.send(text.reversed(), from: pair.server)
    try pair.settle(piece: piece)
    #expect(pair.serverText == text)
    #expect(pair.clientText == text.reversed())
    #expect(!pair.clientEnded && !pair.serverEnded)
  }

  @Test func `TLSSession: each side may end its output, and still read`() throws {
    let pair = try Pair()
    try pair.settle()
    try pair.send([1, 2, 3], from: pair.client)
    pair.client.end()
    try pair.settle()
    #expect(pair.serverText == [1, 2, 3])
    #expect(pair.serverEnded && !pair.clientEnded)
    try pair.send([4, 5], from: pair.server)
    pair.server.end()
    try pair.settle()
    #expect(pair.clientText == [4, 5])
    #expect(pair.clientEnded)
  }

  @Test func `TLSSession: an untrusted side is refused`() throws {
    let deceived = try Pair(trusting: Certificates.stranger)
    #expect(throws: TransportError.tls(.session(reason: "certificate verify failed"))) {
      try deceived.settle()
    }
    // The server is informed by an alert.
    deceived.server.take(deceived.client.ciphertext())
    #expect(throws: TransportError.self) { try deceived.server.read(atMost: 100) }
    #expect(!deceived.server.isEstablished)

    let nameless = try Pair(clients: Certificates.authority)
    #expect(
      throws: TransportError.tls(.session(reason: "peer did not return a certificate"))
    ) {
      try nameless.settle()
    }
  }

  @Test(arguments: [
    (Certificates.client, Certificates.clientKey, Certificates.authority, "CN=client"),
    (
      Certificates.subject, Certificates.strangerKey, Certificates.subject,
      #"CN=Gr\C3\B6\C3\9Fe \"1\",O=Lab\, Ltd"#
    ),
    (Certificates.nameless, Certificates.strangerKey, Certificates.nameless, "sha256:"),
    (Certificates.longname, Certificates.strangerKey, Certificates.longname, "sha256:"),
  ])
  func `TLS session: a verified certificate's subject names the client, or else its digest`(
    chain: String, key: String, authority: String, name: String
  ) throws {
    let pair = try Pair(clients: authority, as: (chain, key))
    #expect(pair.server.peerName == nil)
    try pair.settle()
    #expect(pair.client.peerName == "CN=server")
    let found = try #require(pair.server.peerName)
    #expect(found.utf8.count <= TLSSession.longestName)
    guard name == "sha256:" else {
      #expect(found == name)
      return
    }
    let text = try String(contentsOfFile: chain, encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }
    let der = try #require(Data(base64Encoded: lines.joined()))
    #expect(found == "sha256:\(SHA256.digest(of: Array(der)))")
  }

  @Test func `TLS session: a client that was asked for no certificate has no name`() throws {
    let pair = try Pair(as: (Certificates.client, Certificates.clientKey))
    try pair.settle()
    #expect(pair.server.peerName == nil)
  }

  @Test(arguments: 1...50)
  func `TLSSession: bytes that are not TLS, or damaged, end the session and nothing else`(seed: Int)
    throws
  {
    var numbers = SeededNumbers(seed: seed)
    let pair = try Pair()
    if seed % 2 == 0 {
      try pair.settle()
      _ = try pair.client.write([UInt8](repeating: 1, count: 1000).span)
    } else {
      _ = try pair.client.read(atMost: 1)
    }
    var bytes = pair.client.ciphertext()
    if seed % 5 == 0 {
      bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    } else {
      bytes[numbers.below(bytes.count)] ^= UInt8(1 + numbers.below(255))
    }
    pair.server.take(bytes)
    // A damaged length may also leave it waiting for more; it never returns text.
    var failure: TransportError?
    do throws(TransportError) {
      let received = try pair.server.read(atMost: 5000)
      #expect(received == .nothing)
    } catch {
      failure = error
    }
    if let failure {
      #expect(throws: failure) { try pair.server.read(atMost: 5000) }
      #expect(!pair.server.isEstablished)
    }
  }

  @Test func `TLSContext: unreadable or mismatched files are reported by name`() throws {
    let missing = "/nonexistent/server.pem"
    #expect(throws: TransportError.tls(.certificate(missing))) {
      try TLSContext(certificate: missing, key: Certificates.serverKey)
    }
    #expect(throws: TransportError.tls(.key(missing))) {
      try TLSContext(certificate: Certificates.server, key: missing)
    }
    #expect(throws: TransportError.tls(.key(Certificates.strangerKey))) {
      try TLSContext(certificate: Certificates.server, key: Certificates.strangerKey)
    }
    #expect(throws: TransportError.tls(.authorities(missing))) {
      try TLSContext(
        certificate: Certificates.server, key: Certificates.serverKey, clients: missing)
    }
  }
}
