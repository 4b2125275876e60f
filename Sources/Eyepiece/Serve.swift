import API
import ArgumentParser
import Featurization
import Foundation
import HTTPServer
import Jobs
import Logging
import Transport

/// `eyepiece serve`: answers over HTTP until it is asked to end.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Serve features over HTTP.")

  @OptionGroup var flags: Flags

  func run() async throws {
    let settings = try await flags.settings()
    guard let level = Logger.Level(rawValue: settings.text(.logLevel)) else {
      throw SettingError.unknownLevel(settings.text(.logLevel))
    }
    guard let format = LogFormat(rawValue: settings.text(.logFormat)) else {
      throw SettingError.unknownFormat(settings.text(.logFormat))
    }
    // Whoever reads the log may go away.
    signal(SIGPIPE, SIG_IGN)
    let tally = Tally()
    let writer = LogWriter { lost in
      tally.noteLostLines(lost)
      return LogLines.line(
        format, at: Date(), .warning, "Lines of the log were lost",
        ["lines": .stringConvertible(lost)])
    }
    defer { writer.flush() }
    LoggingSystem.bootstrap { _ in LogLines(format, write: writer.write) }
    var logger = Logger(label: "eyepiece")
    logger.logLevel = level
    let parts = try Composition(settings, keeps: true, tally: tally, logger: logger)
    let service = Service(
      featurizer: parts.featurizer, bodyLimit: settings.whole(.bodyBytes),
      uploads: settings.uploads, document: PackageResources.openapi_yaml,
      build: Build(version: Eyepiece.version, precision: settings.text(.precision)), tally: tally,
      observe: { [logger] in logger.note($0) })
    let server = Server(
      handler: service, limits: try settings.server, protocolLimits: settings.protocolLimits,
      logger: logger, observer: ConnectionWatch(tally: tally))
    let front = Front(server: server, settings: settings, logger: logger)
    let addresses = try await front.open()
    // Nobody is answered before `run`.
    service.follow(try settings.rules(at: addresses))
    // Probes are answered while the weights are read: /livez at once, /readyz when they are.
    async let serving: Void = server.run()
    do {
      try parts.loadDefaultModel()
    } catch {
      await server.shutdown(grace: .zero)
      throw error
    }
    // Heard before anybody is told that the server is there.
    let (reloads, end) = (Signals.wishesToReload(), Signals.wishToEnd())
    // These two end when the scope does.
    async let _: Void = front.reload(at: reloads, addresses[0]) {
      service.follow(try await flags.settings().rules(at: addresses))
    }
    async let _: Void = front.supervision.feedWatchdog(
      after: [{ await server.turn() }, parts.computes])
    print("Eyepiece answers at \(front.scheme)://\(addresses[0])")
    fflush(nil)
    front.supervision.tellReady(at: addresses[0])
    async let ending: Void = finish(at: end, server, service, parts, front.supervision)
    await serving
    await ending
    logger.info("Ended")
  }

  /// Waits for the wish to end, then lets what was begun finish.
  private func finish(
    at wish: some AsyncSequence<Void, Never>, _ server: Server, _ service: Service,
    _ parts: Composition, _ supervision: Supervision
  ) async {
    for await _ in wish { break }
    supervision.tellStopping()
    service.drain()
    await server.shutdown()
    parts.featurizer.queue.close()
  }
}
