import API
import ArgumentParser
import Cache
import Foundation
import HTTPServer
import Logging
import Sharing

/// `eyepiece store`: serves a folder to machines that share it.
struct StoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Serve a folder of images and results to machines that share it.",
    discussion: "--store names the folder; the others name this program's address with --shared. "
      + "Nothing is ever removed from it but what is damaged.")

  @OptionGroup(title: "Settings") var flags: Flags

  func run() async throws {
    let settings = try await flags.settings()
    guard let folder = settings.store else {
      throw ValidationError("--store names the folder that is served")
    }
    let writer = LogWriter.standard(settings.logFormat)
    defer { writer.flush() }
    var logger = Logger(label: "eyepiece")
    logger.logLevel = settings.logLevel
    let store: FolderShare
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      store = try FolderShare(at: folder)
    } catch {
      throw CompositionError.shared("the folder \(folder) cannot be used: \(error)")
    }
    let service = StoreService(store, bodyLimit: settings.bodyBytes, policy: AccessPolicy())
    let server = Server(
      handler: service, limits: settings.server, protocolLimits: settings.protocolLimits,
      logger: logger)
    let runner = ServerRunner(server: server, settings: settings, logger: logger)
    let addresses = try await runner.open()
    service.update(policy: try settings.policy(at: addresses))
    let (reloads, end) = (Signals.wishesToReload(), Signals.wishToEnd())
    async let serving: Void = server.run()
    async let _: Void = runner.reload(at: reloads, addresses[0]) {
      service.update(policy: try await flags.settings().policy(at: addresses))
    }
    print("Eyepiece's store answers at \(runner.scheme)://\(addresses[0])")
    fflush(nil)
    runner.notifier.tellReady(at: addresses[0])
    for await _ in end { break }
    runner.notifier.tellStopping()
    await server.shutdown()
    await serving
    logger.info("Ended")
  }
}
