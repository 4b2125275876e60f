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
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var logger = Logger(label: "eyepiece")
    logger.logLevel = level
    let parts = try Composition(settings, keeps: true, logger: logger)
    let service = Service(
      featurizer: parts.featurizer, bodyLimit: settings.whole(.bodyBytes),
      document: PackageResources.openapi_yaml, crossOrigin: try settings.crossOrigin)
    let server = Server(
      handler: service, limits: try settings.server, protocolLimits: settings.protocolLimits,
      logger: logger)
    let front = Front(server: server, settings: settings, logger: logger)
    let address = try await front.open()
    // Probes are answered while the weights are read: /livez at once, /readyz when they are.
    async let serving: Void = server.run()
    do {
      try parts.loadDefaultModel()
    } catch {
      await server.shutdown(grace: .zero)
      throw error
    }
    print("Eyepiece answers at \(front.scheme)://\(address)")
    fflush(nil)
    front.supervision.tellReady(at: address)
    // These two end when the scope does.
    async let _: Void = front.reloadWhenWished(at: address)
    async let _: Void = front.supervision.feedWatchdog(
      after: [{ await server.turn() }, parts.computes])
    async let ending: Void = endWhenWished(server, service, parts, front.supervision)
    await serving
    await ending
    logger.info("Ended")
  }

  /// Waits for the wish to end, then lets what was begun finish.
  private func endWhenWished(
    _ server: Server, _ service: Service, _ parts: Composition, _ supervision: Supervision
  ) async {
    await Signals.wishToEnd()
    supervision.tellStopping()
    service.drain()
    await server.shutdown()
    parts.featurizer.queue.close()
  }
}
