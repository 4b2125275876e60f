import HTTP1
import HTTPServer
import HTTPTypes
import Logging
import Support
import Synchronization
import Transport

/// A handler made of closures; by default it echoes the body.
struct TestHandler: Handler {
  /// What becomes of a head.
  enum Verdict: Sendable {
    case accept(bodyLimit: Int)
    case refuse(Response)
  }

  var verdict: @Sendable (RequestHead) -> Verdict = { _ in .accept(bodyLimit: 1 << 20) }
  var atOnce: @Sendable (Request) -> Response? = { _ in nil }
  var answer: @Sendable (Request) async -> Response = { request in
    Response(status: .ok, body: .bytes(request.body))
  }

  func admit(_ head: RequestHead) -> Admission {
    switch verdict(head) {
    case .accept(let bodyLimit):
      .accept(TestExchange(handler: self, head: head, bodyLimit: bodyLimit))
    case .refuse(let response): .refuse(response)
    }
  }

  /// The status tells the kind, the body the violation.
  func refusal(of violation: ProtocolViolation) -> Response {
    let status: HTTPResponse.Status =
      switch violation {
      case .headTooSlow, .bodyTooSlow, .bodyBelowRate: .requestTimeout
      case .bodyTooLarge: .contentTooLarge
      case .tooManyOfAddress: .tooManyRequests
      case .tooManyConnections, .bodyMemoryExhausted: .serviceUnavailable
      default: .badRequest
      }
    return Response(status: status, body: .bytes(Array("\(violation)".utf8)))
  }
}

private struct TestExchange: Exchange {
  let handler: TestHandler
  let head: RequestHead
  let bodyLimit: Int

  func reply(to body: [UInt8]) -> Reply {
    let request = Request(head: head, body: body)
    if let response = handler.atOnce(request) { return .now(response) }
    return .work { [answer = handler.answer] in await answer(request) }
  }
}

extension Limits {
  /// Limits whose timers are precise.
  static var brisk: Limits {
    var limits = Limits()
    limits.tick = .milliseconds(20)
    return limits
  }
}

/// A server's time, which passes when a test says so.
final class ServerTime: Sendable {
  private let clock = Box(ManualClock())

  var serverClock: ServerClock { ServerClock { [clock] in clock.value.now } }

  /// Lets time pass, which a server notices at its next look at the clock.
  func pass(_ duration: Duration) {
    clock.update { $0.advance(by: duration) }
  }

  /// Lets time pass; returns when the server and its connections have looked at their timers.
  func pass(_ duration: Duration, on server: Server) async {
    pass(duration)
    await server.tick()
    await server.turn()
  }
}

/// Runs a server on some port while `body` talks to it, then stops it.
///
/// For it no time passes but what `body` lets pass.
func withServer(
  _ handler: any Handler = TestHandler(), limits: Limits = .brisk,
  observer: any ServerObserver = NoObserver(), time: ServerTime = ServerTime(),
  _ body: @escaping @Sendable (Server, Int) async throws -> Void
) async throws {
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  let server = Server(
    handler: handler, limits: limits, logger: logger, observer: observer, clock: time.serverClock)
  let port = try await server.listen(host: "127.0.0.1", port: 0).port
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { await server.run() }
    let result = await Result { () async throws in try await body(server, port) }
    await server.shutdown(grace: .zero)
    try await group.waitForAll()
    try result.get()
  }
}

extension Result where Failure == any Error {
  init(catching body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}

/// Suspends until the task is cancelled.
func untilCancelled() async {
  let (stream, continuation) = AsyncStream<Never>.makeStream()
  for await _ in stream {}
  withExtendedLifetime(continuation) {}
}

/// The text of a request.
func request(
  _ method: String = "GET", _ path: String = "/", _ fields: [String] = [], body: String = ""
) -> String {
  let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
  let lines = ["\(method) \(path) HTTP/1.1", "Host: eyepiece"] + fields + length
  return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
}
