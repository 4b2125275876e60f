import API
import HTTP1
import Support
import Testing

@Suite("Conformance") struct ConformanceTests {
  static let good = Array("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n".utf8)

  /// What a parser says until it gives up, adjacent parts of a body joined.
  private static func told(_ pieces: [ArraySlice<UInt8>]) -> [String] {
    var parser = RequestParser(limits: ProtocolLimits())
    var told: [String] = []
    var body: [UInt8] = []
    do throws(ProtocolViolation) {
      for piece in pieces {
        parser.receive(piece)
        while let event = try parser.next() {
          if case .body(let bytes) = event {
            body += bytes
          } else {
            told.append("\(body.count) \(body.hashValue) \(event)")
            body = []
          }
        }
      }
      told.append("\(body.count) \(parser.isIdle)")
    } catch {
      told.append("\(body.count) \(error)")
    }
    return told
  }

  @Test(arguments: RequestCase.files)
  func `bytes are judged alike, cut anywhere`(file: String) throws {
    for wire in try RequestCase.all(in: file) {
      let (bytes, whole) = (wire.bytes, Self.told([wire.bytes[...]]))
      let step = bytes.count > 10_000 ? bytes.count / 2 : 1
      for cut in stride(from: 1, to: bytes.count, by: step) {
        guard Self.told([bytes[..<cut], bytes[cut...]]) == whole else {
          Issue.record("\(wire.name), cut at \(cut)")
          break
        }
      }
    }
  }

  @Test(arguments: RequestCase.files)
  func `each request is answered as it must be, alone, behind another and in pieces`(
    file: String
  ) async throws {
    let cases = try RequestCase.all(in: file)
    #expect(cases.count >= 15)
    let stub = StubFeaturizer()
    let service = Service(
      services: stub.services, bodyLimit: 256 << 20, document: [],
      build: Build(version: "0", precision: "float32"),
      metrics: ServiceMetrics())
    try await withServer(service) { _, port in
      try await onThread {
        for wire in cases {
          try wire.check(port: port, "alone")
          try wire.check(port: port, behind: Self.good, "behind a good one")
          if wire.bytes.count < 600 { try wire.check(port: port, piece: 1, "byte by byte") }
        }
      }
    }
    withExtendedLifetime(stub) {}
  }
}
