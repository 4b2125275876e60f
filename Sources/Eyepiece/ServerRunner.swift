import Foundation
import HTTPServer
import Logging
import Transport

/// The side of the server that its operator sees: sockets, certificates and the service manager.
struct ServerRunner: Sendable {
  let server: Server
  let settings: Settings
  let logger: Logger
  let notifier = SystemdNotifier(
    environment: ProcessInfo.processInfo.environment,
    process: ProcessInfo.processInfo.processIdentifier)

  /// Descriptors beside those of connections: files, weights, the store's, the system's own.
  static let otherDescriptors = 1024

  var scheme: String { settings.tlsCertificate == nil ? "http" : "https" }

  /// Listens, at the sockets that were handed over if there are any.
  ///
  /// Returns the addresses, one at least.
  func open() async throws -> [SocketAddress] {
    raiseDescriptors()
    if let tls = try settings.tls { await server.secure(with: tls) }
    var addresses: [SocketAddress] = []
    let sockets = try InheritedSockets.taken(
      environment: ProcessInfo.processInfo.environment,
      process: ProcessInfo.processInfo.processIdentifier)
    for socket in sockets { addresses.append(try await server.listen(at: socket)) }
    guard addresses.isEmpty else { return addresses }
    return [try await server.listen(host: settings.host, port: settings.port)]
  }

  /// Reads the certificate and its key again at each wish, and whatever `reread` does; what is
  /// wrong with them is logged, and those before stay in use.
  func reload(
    at wishes: some AsyncSequence<Void, Never>, _ address: SocketAddress,
    _ reread: () async throws -> Void
  ) async {
    for await _ in wishes {
      notifier.tellReloading()
      do {
        if let tls = try settings.tls { await server.secure(with: tls) }
        try await reread()
        logger.info("Reloaded")
      } catch {
        logger.error("Not reloaded", metadata: ["reason": "\(error)"])
      }
      notifier.tellReady(at: address)
    }
  }

  private func raiseDescriptors() {
    let wanted = settings.connections + ServerRunner.otherDescriptors
    let allowed = DescriptorLimit.raise(to: wanted)
    guard allowed < wanted else { return }
    logger.warning(
      "Fewer connections than set are possible",
      metadata: [
        "descriptors": .stringConvertible(allowed), "wanted": .stringConvertible(wanted),
      ])
  }
}

extension Settings {
  /// What TLS is spoken with; `nil` without a certificate.
  var tls: TLSContext? {
    get throws(SettingError) {
      let rows = SettingTable.typed
      guard let certificate = self.tlsCertificate else {
        if self.tlsKey != nil { throw .noCertificate(rows.tlsKey.setting) }
        if self.tlsClients != nil { throw .noCertificate(rows.tlsClients.setting) }
        return nil
      }
      guard let key = self.tlsKey else { throw .noKey }
      do {
        return try TLSContext(certificate: certificate, key: key, clients: self.tlsClients)
      } catch {
        switch error {
        case .tls(.certificate(let path)):
          throw .unusableFile(rows.tlsCertificate.setting, path: path)
        case .tls(.key(let path)): throw .unusableFile(rows.tlsKey.setting, path: path)
        case .tls(.authorities(let path)): throw .unusableFile(rows.tlsClients.setting, path: path)
        default: throw .noTLS
        }
      }
    }
  }
}
