import API
import Featurization
import Foundation
import HTTP1
import HTTPTypes
import Jobs
import Scheduling
import Support
import Testing

/// A service on a stub, called as the server calls it: first with the head.
final class StubService: Sendable {
  /// An answer with its whole body.
  struct Outcome: Sendable {
    let status: Int
    let reason: String
    let fields: HTTPFields
    let body: [UInt8]
    /// Whether the body was requested.
    let isAdmitted: Bool

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The fields without the request's identifier, which every answer has.
    var ownFields: HTTPFields {
      fields.filter { $0.name.canonicalName != "x-request-id" }
    }

    subscript(name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }
  }

  static let bodyLimit = 2 << 20
  static let document = Array("openapi: 3.1.0\n".utf8)

  let stub: StubFeaturizer
  let service: Service
  let serviceMetrics: ServiceMetrics
  /// The records that the service gave its observer.
  let records: Box<[AccessRecord]>

  convenience init(
    _ stub: StubFeaturizer = StubFeaturizer(), crossOrigin: CrossOrigin = .closed
  ) {
    self.init(stub, policy: AccessPolicy(crossOrigin: crossOrigin))
  }

  init(
    _ stub: StubFeaturizer = StubFeaturizer(), policy: AccessPolicy,
    uploads: UploadLimits = UploadLimits(), jobs: JobService? = nil,
    random: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) }
  ) {
    let records = Box<[AccessRecord]>([])
    self.records = records
    self.stub = stub
    let serviceMetrics = ServiceMetrics()
    self.serviceMetrics = serviceMetrics
    stub.listener.value = { serviceMetrics.note($0) }
    service = Service(
      services: stub.services, bodyLimit: StubService.bodyLimit, uploads: uploads,
      document: StubService.document, build: Build(version: "0", precision: "float32"),
      metrics: serviceMetrics,
      policy: policy, jobs: jobs, random: random,
      observe: { record in records.update { $0.append(record) } })
  }

  /// Sends a request; the head announces `length` bytes, by default those of the body.
  func send(
    _ method: HTTPRequest.Method, _ target: String, type: String? = nil, _ body: [UInt8] = [],
    length: Int? = nil, fields: HTTPFields = [:], certificate: String? = nil
  ) async throws -> Outcome {
    let mark = target.firstIndex(of: "?") ?? target.endIndex
    var head = RequestHead(
      method: method,
      target: RequestTarget(
        path: String(target[..<mark]),
        query: mark == target.endIndex ? nil : String(target[target.index(after: mark)...])),
      fields: fields)
    if let type { head.fields[.contentType] = type }
    head.certificate = certificate
    let length = length ?? body.count
    head.framing = length == 0 ? .none : .fixed(length)
    let outcome = try await outcome(of: head, body, length: length)
    Contract.shared.check(outcome, to: method, head.target.path)
    return outcome
  }

  private func outcome(
    of head: RequestHead, _ body: [UInt8], length: Int
  ) async throws -> Outcome {
    switch service.admit(head) {
    case .refuse(let response):
      return try await Self.read(response, isAdmitted: false)
    case .accept(let exchange):
      guard length <= exchange.bodyLimit else {
        return try await Self.read(
          service.refusal(of: .bodyTooLarge(limit: exchange.bodyLimit)), isAdmitted: false)
      }
      let response =
        switch exchange.reply(to: body) {
        case .now(let response): response
        case .work(let respond): await respond()
        }
      return try await Self.read(response, isAdmitted: true)
    }
  }

  func post(
    _ query: String, type: String? = nil, _ body: [UInt8], fields: HTTPFields = [:]
  ) async throws -> Outcome {
    try await send(
      .post, query.isEmpty ? "/features" : "/features?\(query)", type: type, body, fields: fields)
  }

  /// Reads an answer to its end.
  static func read(_ response: Response, isAdmitted: Bool = true) async throws -> Outcome {
    var body: [UInt8]
    switch response.body {
    case .bytes(let bytes): body = bytes
    case .stream(let length, let write):
      let collector = Collector()
      try await write(collector)
      body = collector.bytes.value
      #expect(body.count == length)
    case .unsized(let write):
      let collector = Collector()
      try await write(collector)
      body = collector.bytes.value
    }
    return Outcome(
      status: response.status.code, reason: response.status.reasonPhrase, fields: response.fields,
      body: body, isAdmitted: isAdmitted)
  }

  private struct Collector: BodyWriter {
    let bytes = Box<[UInt8]>([])

    func write(_ bytes: [UInt8]) async throws { self.bytes.update { $0 += bytes } }
  }
}

/// A problem document, with every member that the API requires.
struct ProblemDocument: Decodable, Sendable {
  let type: String
  let title: String
  let status: Int
  let detail: String
  let error: String
  let instance: String
  let retryable: Bool
  let limit: Double?
  let setting: String?

  /// Parses an outcome, and checks what holds for every problem.
  init(
    _ outcome: StubService.Outcome, _ name: String, type: String = "application/problem+json",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try #require(
      outcome.fields[.contentType] == type, "\(name): \(outcome.status)",
      sourceLocation: sourceLocation)
    self = try JSONDecoder().decode(ProblemDocument.self, from: Data(outcome.body))
    #expect(status == outcome.status, "\(name)", sourceLocation: sourceLocation)
    #expect(title == outcome.reason, "\(name)", sourceLocation: sourceLocation)
    #expect(detail == error, "\(name)", sourceLocation: sourceLocation)
    #expect(instance == outcome["X-Request-Id"], "\(name)", sourceLocation: sourceLocation)
    #expect(!title.isEmpty && !detail.isEmpty, "\(name)", sourceLocation: sourceLocation)
    #expect(detail.utf8.count < 1000, "\(name)", sourceLocation: sourceLocation)
    #expect(
      self.type.wholeMatch(of: /\/problems\/[a-z]+(-[a-z]+)*/) != nil, "\(name): \(type)",
      sourceLocation: sourceLocation)
    #expect(
      retryable == (outcome.fields[.retryAfter] != nil), "\(name)", sourceLocation: sourceLocation)
    #expect((limit == nil) == (setting == nil), "\(name)", sourceLocation: sourceLocation)
    if let setting {
      #expect(detail.contains("(setting \(setting))"), "\(name)", sourceLocation: sourceLocation)
    }
    #expect(!detail.contains("/secret"), "\(name)", sourceLocation: sourceLocation)
  }

  var kind: String { String(type.dropFirst("/problems/".count)) }
}

/// A form as browsers encode it.
struct Form {
  static let type = "multipart/form-data; boundary=edge"

  var text: [UInt8] = []

  /// Adds a part.
  func with(_ name: String, _ data: [UInt8], fields: String = "") -> Form {
    var form = self
    form.text += Array(
      "--edge\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\(fields)\r\n".utf8)
    form.text += data + Array("\r\n".utf8)
    return form
  }

  func with(_ name: String, _ value: String) -> Form { with(name, Array(value.utf8)) }

  var bytes: [UInt8] { text + Array("--edge--\r\n".utf8) }
}
