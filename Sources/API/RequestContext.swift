import Featurization
import HTTP1
import HTTPTypes
import Scheduling
import Synchronization

/// One request on its way through the house, until its answer's last byte is made.
///
/// It ends once: when told, or when nobody holds it any more.
final class RequestContext: Sendable {
  let head: RequestHead?
  let route: Route?
  let client: Client
  let id: RequestID
  let trace: TraceContext?
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let state: Mutex<AccessRecord?>
  private let whenOver: @Sendable (AccessRecord) -> Void

  /// `whenOver` is told what became of it, on whatever thread it ends.
  init(
    _ head: RequestHead?, _ route: Route?, _ client: Client, bytes: Int = 0,
    random: () -> UInt64, whenOver: @escaping @Sendable (AccessRecord) -> Void
  ) {
    self.head = head
    self.route = route
    self.client = client
    self.whenOver = whenOver
    id = RequestID(offered: head?.fields[.requestID], random: random)
    trace = head?.fields[.traceparent].flatMap { TraceContext($0, span: max(random(), 1)) }
    start = clock.now
    var record = AccessRecord(
      method: head?.method.rawValue, route: route,
      path: String(head?.target.path.prefix(AccessRecord.textLimit) ?? ""),
      query: head?.target.query.map(AccessRecord.redacted), id: id.text, trace: trace,
      client: client.name)
    record.bytesIn = bytes
    state = Mutex(record)
  }

  deinit {
    end { $0.isComplete = false }
  }

  /// Whether its token's account has it.
  var isCharged: Bool {
    get { state.withLock { $0?.isCharged ?? false } }
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

  /// The answer with this errand's names; the errand ends with the answer's last byte.
  func carry(_ response: Response) -> Response {
    var response = response
    response.fields[.requestID] = id.text
    response.fields[.traceparent] = trace?.field
    change { $0.status = response.status.code }
    switch response.body {
    case _ where head?.method == .head: end { _ in }
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
    state.withLock { $0?.change(body) }
  }

  private func end(_ body: (inout AccessRecord) -> Void) {
    let last = state.withLock { record -> AccessRecord? in
      defer { record = nil }
      return record
    }
    guard var last else { return }
    body(&last)
    last.duration = clock.now - start
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
