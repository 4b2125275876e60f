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
    let write = LogLines.toStandardError()
    LoggingSystem.bootstrap { _ in LogLines(format, write: write) }
    var logger = Logger(label: "eyepiece")
    logger.logLevel = level
    let tally = Tally()
    let parts = try Composition(settings, keeps: true, tally: tally, logger: logger)
    let service = Service(
      featurizer: parts.featurizer, bodyLimit: settings.whole(.bodyBytes),
      document: PackageResources.openapi_yaml,
      build: Build(version: Eyepiece.version, precision: settings.text(.precision)), tally: tally,
      observe: { [logger] in logger.note($0) })
    let server = Server(
      handler: service, limits: settings.server, protocolLimits: settings.protocolLimits,
      logger: logger)
    let address = try await server.listen(
      host: settings.text(.host), port: settings.whole(.port))
    // Nobody is answered before `run`.
    service.follow(try settings.rules(at: address))
    // Probes are answered while the weights are read: /livez at once, /readyz when they are.
    async let serving: Void = server.run()
    async let _: Void = rereadWhenWished(service, at: address, logger)
    do {
      try parts.loadDefaultModel()
    } catch {
      await server.shutdown(grace: .zero)
      throw error
    }
    print("Eyepiece answers at http://\(address)")
    fflush(nil)
    async let ending: Void = endWhenWished(server, service, parts)
    await serving
    await ending
    logger.info("Ended")
  }

  /// Waits for the wish to end, then lets what was begun finish.
  private func endWhenWished(
    _ server: Server, _ service: Service, _ parts: Composition
  ) async {
    await Signals.wishToEnd()
    service.drain()
    await server.shutdown()
    parts.featurizer.queue.close()
  }

  /// Follows changed settings as often as it is wished; wrong ones leave the former in force.
  private func rereadWhenWished(
    _ service: Service, at address: SocketAddress, _ logger: Logger
  ) async {
    await Signals.onWishToReread {
      do {
        service.follow(try await flags.settings().rules(at: address))
        logger.notice("Settings read again")
      } catch {
        logger.error("Former settings stay in force", metadata: ["reason": "\(error)"])
      }
    }
  }
}
