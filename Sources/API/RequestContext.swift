import Files
import Featurization
import HTTP1
import HTTPTypes
import Scheduling
import Synchronization

/// One request and what was found out about it, until its answer's last byte is made.
///
/// It ends once: when told, or when it is released.
final class RequestContext: Sendable {
  let head: RequestHead
  let route: Route?
  /// A field's id or an image's digest, where the path has one.
  let name: Digest?
  let client: Client
  let id: RequestID
  let trace: TraceContext?
  private let clock = ContinuousClock()
  private let state: Mutex<State>
  private let whenOver: @Sendable (AccessRecord) -> Void

  private struct State {
    /// `nil` once it has ended.
    var record: AccessRecord?
    /// When the request was whole; `nil` before.
    var start: ContinuousClock.Instant?
  }

  /// `whenOver` is told what became of it, on whatever thread it ends.
  init(
    _ head: RequestHead, _ resource: Resource?, _ route: Route?, _ name: Digest?,
    _ client: Client, random: () -> UInt64,
    whenOver: @escaping @Sendable (AccessRecord) -> Void
  ) {
    self.head = head
    self.route = route
    self.name = name
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

  /// The request is whole, with so many bytes of a body.
  func begin(bytes: Int) {
    state.withLock { state in
      state.start = clock.now
      state.record?.bytesIn = bytes
    }
  }

  /// The field or the image that the path names.
  var named: Digest {
    get throws(Problem) {
      guard let name else { throw Problem.notFound }
      return name
    }
  }

  /// Whether its token's quota pays.
  var isCharged: Bool {
    get { state.withLock { $0.record?.isCharged ?? false } }
    set { change { $0.isCharged = newValue } }
  }

  /// Whose turns its jobs take.
  var owner: Owner { Owner(client: client.name, request: id.text) }

  /// Notes how long stages of the work took.
  func note(_ timings: [Answer.Timing]) {
    change { $0.stages += timings.map { ($0.stage, $0.duration) } }
  }

  /// Notes the problem that it ends with.
  func note(_ problem: Problem, isAbandoned: Bool) {
    change { record in
      record.problem = problem.kind
      record.isAbandoned = isAbandoned
    }
  }

  /// The answer with this request's names; the request ends with the answer's last byte.
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
      response.body = .stream(length: length) { [self] writer in
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
    }
    return response
  }

  private func change(_ body: (inout AccessRecord) -> Void) {
    state.withLock { $0.record?.change(body) }
  }

  /// A request that never was whole ends without being told.
  private func end(_ body: (inout AccessRecord) -> Void) {
    let last = state.withLock { state -> AccessRecord? in
      defer { state.record = nil }
      guard let start = state.start else { return nil }
      state.record?.duration = clock.now - start
      return state.record
    }
    guard var last else { return }
    body(&last)
    whenOver(last)
  }

  /// Counts bytes on their way to the client.
  private struct Meter: BodyWriter {
    let writer: any BodyWriter
    let context: RequestContext

    func write(_ bytes: [UInt8]) async throws {
      try await writer.write(bytes)
      context.change { $0.bytesOut += bytes.count }
    }
  }
}
