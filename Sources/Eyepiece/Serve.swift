import API
import ArgumentParser
import Backlog
import Featurization
import Files
import Foundation
import HTTPServer
import Jobs
import Scheduling
import Logging
import Transport

/// `eyepiece serve`: answers over HTTP until it is asked to end.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Serve features over HTTP.")

  @OptionGroup var flags: Flags

  func run() async throws {
    let settings = try await flags.settings()
    let serviceMetrics = ServiceMetrics()
    let writer = LogWriter.standard(settings.logFormat, note: serviceMetrics.noteLostLines)
    defer { writer.flush() }
    var logger = Logger(label: "eyepiece")
    logger.logLevel = settings.logLevel
    let parts = try Composition(
      settings, keeping: .inStore, serviceMetrics: serviceMetrics, logger: logger)
    let jobs = try parts.jobs(logger)
    let service = Service(
      services: parts.services, bodyLimit: settings.bodyBytes,
      uploads: settings.uploads, document: EmbeddedFile.bytes(of: "openapi.yaml"),
      build: Build(version: Eyepiece.version, precision: settings.precision),
      metrics: serviceMetrics, jobs: jobs?.service,
      observe: { [logger] in logger.note($0) })
    let server = Server(
      handler: service, limits: settings.server, protocolLimits: settings.protocolLimits,
      logger: logger, observer: ConnectionWatch(serviceMetrics: serviceMetrics))
    let runner = ServerRunner(server: server, settings: settings, logger: logger)
    let addresses = try await runner.open()
    // No request is answered before `run`.
    service.update(policy: try settings.policy(at: addresses))
    // Probes are answered while the weights are read: /livez at once, /readyz when they are.
    async let serving: Void = server.run()
    do {
      try await parts.loadDefaultModel()
    } catch {
      await server.shutdown(grace: .zero)
      throw error
    }
    // Heard before anybody is told that the server is there.
    let (reloads, end) = (Signals.wishesToReload(), Signals.wishToEnd())
    // These two end when the scope does.
    async let _: Void = runner.reload(at: reloads, addresses[0]) {
      let gone = service.update(policy: try await flags.settings().policy(at: addresses))
      await jobs?.service.cancelWaiting(of: gone)
    }
    async let _: Void = runner.notifier.feedWatchdog(
      after: [{ await server.turn() }, parts.computes])
    async let _: Void? = jobs?.service.run()
    print("Eyepiece answers at \(runner.scheme)://\(addresses[0])")
    fflush(nil)
    runner.notifier.tellReady(at: addresses[0])
    async let ending: Void = finish(
      at: end, server, service, parts, jobs?.service, runner.notifier)
    await serving
    await ending
    jobs?.backlog.close()
    logger.info("Ended")
  }

  /// Waits for the wish to end, then lets what was begun finish.
  private func finish(
    at wish: some AsyncSequence<Void, Never>, _ server: Server, _ service: Service,
    _ parts: Composition, _ jobs: JobService?, _ notifier: SystemdNotifier
  ) async {
    for await _ in wish { break }
    notifier.tellStopping()
    service.drain()
    async let working: Void? = jobs?.drain(within: parts.settings.drainTimeout)
    await server.shutdown()
    await working
    parts.services.fields.queue.close()
  }
}
