import API
import Featurization
import Foundation
import HTTP1
import HTTPTypes
import Imaging
import Scheduling
import Cache
import Support
import Testing

@Suite("Metrics of the service", .timeLimit(.minutes(2))) struct MetricsTests {
  private func read(
    _ exchange: StubService, fields: HTTPFields = [:]
  ) async throws -> PrometheusText {
    let outcome = try await exchange.send(.get, "/metrics", fields: fields)
    #expect(outcome.status == 200)
    #expect(outcome.fields[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
    return try PrometheusText(outcome.text)
  }

  @Test func `Metrics: all series exist before anything has happened`() async throws {
    let text = try await read(StubService())
    #expect(text.families.count >= 20)
    #expect(text.value("eyepiece_queue_waiting") == 0)
    #expect(text.value("eyepiece_abandoned_requests_total") == 0)
    #expect(text["eyepiece_build_info"]?.samples.map(\.labels["model"]) == ["stub14"])
    #expect((text.value("eyepiece_uptime_seconds") ?? -1) >= 0)
    #expect((text.value("process_resident_memory_bytes") ?? 0) > 0)
  }

  @Test
  func `Metrics: requests are counted by resource and status, with bytes, stages and reasons`()
    async throws
  {
    let exchange = StubService()
    let image = try Raster.noise(30, 20).png()
    var (received, sent) = (0, 0)
    for (method, target, body) in [
      (.post, "/features?quality=draft", image), (.post, "/features?quality=draft", image),
      (.post, "/features?quality=draft", Array("none".utf8)), (.post, "/features?stride=0", image),
      (.get, "/models", []), (.get, "/nothing", []), (.get, "/also/nothing?x=1", []),
    ] as [(HTTPRequest.Method, String, [UInt8])] {
      let outcome = try await exchange.send(method, target, body)
      if outcome.isAdmitted { received += body.count }
      sent += outcome.body.count
    }
    let text = try await read(exchange)
    func requests(_ route: String, _ status: String) -> Double? {
      text.value("eyepiece_requests_total", ["route": route, "status": status])
    }
    #expect(requests("/features", "2xx") == 2 && requests("/features", "4xx") == 2)
    #expect(requests("/models", "2xx") == 1 && requests("none", "4xx") == 2)
    #expect(text.value("eyepiece_received_bytes_total") == Double(received))
    #expect(text.value("eyepiece_sent_bytes_total") == Double(sent))
    for (reason, count) in [
      ("unrecognised-image", 1.0), ("invalid-parameter", 1), ("not-found", 2),
    ] {
      #expect(text.value("eyepiece_refusals_total", ["reason": reason]) == count, "\(reason)")
    }
    for (stage, count) in [
      ("queue", 1.0), ("decode", 1), ("encode", 1), ("upsample", 2), ("write", 2),
    ] {
      #expect(
        text.value("eyepiece_stage_duration_seconds_count", ["stage": stage]) == count, "\(stage)")
    }
    #expect(
      text.value("eyepiece_request_duration_seconds_count", ["route": "/features"]) == 4)
    #expect(text.value("eyepiece_cache_hits_total", ["level": "memory"]) == 1)
    #expect(text.value("eyepiece_cache_misses_total", ["level": "memory"]) == 1)
    #expect((text.value("eyepiece_cache_bytes", ["level": "memory"]) ?? 0) > 0)
    #expect(text.value("eyepiece_model_bytes") == Double(StubFeaturizer.modelBytes))
    #expect(text.value("eyepiece_models_waiting") == 0)
  }

  @Test func `Metrics: disk hits and damaged entries are counted`() async throws {
    let folder = TemporaryFolder()
    let image = try Raster.noise(30, 20).png()
    /// A new server on the same folder.
    func make() async throws -> StubService {
      let disk = try await folder.store(budget: 1 << 26)
      return StubService(StubFeaturizer(memory: 1 << 26, disk: disk))
    }
    let field = try await make().field(image)
    func ask() async throws -> PrometheusText {
      let exchange = try await make()
      #expect(try await exchange.send(.get, "/fields/\(field)/cls").status == 200)
      return try await read(exchange)
    }
    var text = try await ask()
    #expect(text.value("eyepiece_cache_hits_total", ["level": "disk"]) == 1)
    #expect(text.value("eyepiece_cache_misses_total", ["level": "disk"]) == 0)
    #expect(text.value("eyepiece_damaged_entries_total") == 0)
    for path in folder.files(with: "encodings/") {
      var bytes = try Data(contentsOf: URL(filePath: path))
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: URL(filePath: path))
    }
    text = try await ask()
    #expect(text.value("eyepiece_damaged_entries_total") == 1)
    #expect(text.value("eyepiece_cache_misses_total", ["level": "disk"]) == 1)
  }

  @Test
  func `Metrics: connections are counted while open, then by reason of their end`() async throws {
    let exchange = StubService()
    for _ in 0..<5 { exchange.serviceMetrics.noteConnection() }
    for reason in ["idle", "finished", "idle"] { exchange.serviceMetrics.noteEnd(reason) }
    let text = try await read(exchange)
    #expect(text.value("eyepiece_connections_open") == 2)
    #expect(text.value("eyepiece_ended_connections_total", ["end": "idle"]) == 2)
    #expect(text.value("eyepiece_ended_connections_total", ["end": "finished"]) == 1)
  }

  @Test
  func `Metrics: tokens are labelled by name, and no label comes from a client`() async throws {
    var list = TokenList()
    let ada = try list.add("ada", created: .now)
    let exchange = StubService(policy: AccessPolicy(tokens: list))
    let image = try Raster.noise(30, 20).png()
    var fields: HTTPFields = [.authorization: "Bearer \(ada)", .userAgent: "SENTINEL"]
    if let id = HTTPField.Name("X-Request-Id") { fields[id] = "SENTINEL" }
    _ = try await exchange.post("quality=draft", image, fields: fields)
    for target in ["/SENTINEL", "/models?SENTINEL=SENTINEL", "/features?model=SENTINEL"] {
      _ = try await exchange.send(.get, target, fields: fields)
      _ = try await exchange.send(.post, target, image, fields: fields)
      _ = try await exchange.send(.get, target, fields: [.authorization: "Bearer SENTINEL"])
    }
    let outcome = try await exchange.send(.get, "/metrics")
    #expect(!outcome.text.contains("SENTINEL") && !outcome.text.contains(ada))
    let text = try PrometheusText(outcome.text)
    #expect(text.value("eyepiece_token_requests_total", ["token": "ada"]) == 7)
    #expect(
      text.value("eyepiece_token_received_bytes_total", ["token": "ada"]) == Double(image.count))
    #expect(text.value("eyepiece_refusals_total", ["reason": "unauthorised"]) == 3)
  }

  @Test func `Metrics: open on a loopback address only, and by token elsewhere`()
    async throws
  {
    var list = TokenList()
    let ada = try list.add("ada", created: .now)
    let closed = StubService(policy: AccessPolicy(tokens: list, opensMetrics: false))
    #expect(try await closed.send(.get, "/metrics").status == 401)
    _ = try await read(closed, fields: [.authorization: "Bearer \(ada)"])
    _ = try await read(StubService(policy: AccessPolicy(tokens: list, opensMetrics: true)))
  }

  @Test
  func `Metrics: a disconnected client is counted, with the work that was saved`() async throws {
    let gate = Gate()
    let stub = StubFeaturizer(workers: 1, gate: gate)
    let exchange = StubService(stub)
    let image = try Raster.noise(30, 20).png()
    let task = Task { try await exchange.post("quality=draft", image) }
    // Work that has a place, but has not started, is not counted as saved.
    #expect(await gate.arrived(1))
    task.cancel()
    _ = await task.result
    gate.open()
    #expect(await eventually { stub.services.fields.queue.counts.running == 0 })
    #expect(
      await eventually {
        let text = try? await read(exchange)
        return text?.value("eyepiece_abandoned_requests_total") == 1
          && text?.value("eyepiece_cancelled_computations_total") == 1
      })
  }
}
