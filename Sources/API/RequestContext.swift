import Files
import Featurization
import HTTP1
import HTTPTypes
import Scheduling
import Synchronization

/// One request and what is known about it, until the last byte of its answer.
///
/// It ends once: explicitly, or when it is released.
final class RequestContext: Sendable {
  let head: RequestHead
  let route: Route?
  /// What the path names.
  let pathName: PathName?
  let client: Client
  let id: RequestID
  let trace: TraceContext?
  private let clock = ContinuousClock()
  private let state: Mutex<State>
  private let whenOver: @Sendable (AccessRecord) -> Void

  private struct State {
    /// The record; `nil` once the request has ended.
    var record: AccessRecord?
    /// When the request was complete; `nil` before.
    var start: ContinuousClock.Instant?
    var charge: Charge?
  }

  /// Begins a request; `whenOver` is called with its outcome, on the thread on which it ends.
  init(
    _ head: RequestHead, _ resource: Resource?, _ route: Route?, _ name: PathName?,
    _ client: Client, random: () -> UInt64,
    whenOver: @escaping @Sendable (AccessRecord) -> Void
  ) {
    self.head = head
    self.route = route
    pathName = name
    self.client = client
    self.whenOver = whenOver
    id = RequestID(offered: head.fields[.requestID], random: random)
    trace = head.fields[.traceparent].flatMap { TraceContext($0, span: max(random(), 1)) }
    let record = AccessRecord(
      method: head.method.rawValue, resource: resource?.path,
      path: String(head.target.path.prefix(AccessRecord.textLimit)),
      query: head.target.query.map(AccessRecord.redacted), id: id.text, trace: trace,
      client: client.name)
    state = Mutex(State(record: record))
  }

  deinit {
    end { $0.isComplete = false }
  }

  /// Notes that the request is complete, with the bytes of its body.
  func begin(bytes: Int) {
    state.withLock { state in
      state.start = clock.now
      state.record?.bytesIn = bytes
    }
  }

  /// The field's id or the image's digest in the path; `nil` where it has none.
  var name: Digest? {
    if case .digest(let digest)? = pathName { digest } else { nil }
  }

  /// The digest of the field or image in the path.
  var named: Digest {
    get throws(Problem) {
      guard let name else { throw Problem.notFound }
      return name
    }
  }

  /// Whether the client may see what is others'.
  var isOperator: Bool {
    if case .known(let entry) = client { entry.role == .operator } else { false }
  }

  /// Counts the request against its client's quota, until it ends or the charge is taken over.
  func hold(_ charge: Charge) {
    state.withLock { $0.charge = charge }
  }

  /// What counts the request against its client's quota, for work that goes on after its end.
  func takeCharge() -> Charge? {
    state.withLock { state in
      defer { state.charge = nil }
      return state.charge
    }
  }

  /// The owner of the request's jobs, for fair scheduling.
  var owner: Owner { Owner(client: client.name, address: head.address, request: id.text) }

  /// Records how long stages of the work took.
  func note(_ timings: [Answer.Timing]) {
    change { $0.stages += timings.map { ($0.stage, $0.duration) } }
  }

  /// Records the problem that is the answer.
  func note(_ problem: Problem, isAbandoned: Bool) {
    change { record in
      record.problem = problem.kind
      record.isAbandoned = isAbandoned
    }
  }

  /// Adds the request's identifiers to an answer; the request ends with the answer's last byte.
  func carry(_ response: Response) -> Response {
    var response = response
    response.fields[.requestID] = id.text
    response.fields[.traceparent] = trace?.field
    state.withLock { state in
      if state.start == nil { state.start = clock.now }
      state.record?.status = response.status.code
    }
    switch response.body {
    case _ where head.method == .head: end { _ in }
    case .bytes(let bytes): end { $0.bytesOut = bytes.count }
    case .stream(let length, let write):
      response.body = .stream(length: length) { try await self.send(to: $0, write) }
    case .unsized(let write):
      response.body = .unsized { try await self.send(to: $0, write) }
    }
    return response
  }

  /// Sends a body that is made meanwhile, and ends the request with it.
  private func send(
    to writer: any BodyWriter, _ write: (any BodyWriter) async throws -> Void
  ) async throws {
    let begun = clock.now
    do {
      try await write(Meter(writer: writer, context: self))
    } catch {
      end { record in
        record.isComplete = false
        record.stages.append(("write", self.clock.now - begun))
      }
      throw error
    }
    end { $0.stages.append(("write", self.clock.now - begun)) }
  }

  private func change(_ body: (inout AccessRecord) -> Void) {
    state.withLock { $0.record?.change(body) }
  }

  /// A request that was never complete ends without a report.
  private func end(_ body: (inout AccessRecord) -> Void) {
    let last = state.withLock { state -> AccessRecord? in
      defer { state.record = nil }
      guard let start = state.start else { return nil }
      state.record?.duration = clock.now - start
      return state.record
    }
    takeCharge()?.end()
    guard var last else { return }
    body(&last)
    whenOver(last)
  }

  /// Counts the bytes that are sent to the client.
  private struct Meter: BodyWriter {
    let writer: any BodyWriter
    let context: RequestContext

    func write(_ bytes: [UInt8]) async throws {
      try await writer.write(bytes)
      context.change { $0.bytesOut += bytes.count }
    }
  }
}
