import Foundation

/// Paths of the tests' certificates and keys.
package enum Certificates {
  /// Signed by `authority`.
  package static let server = path("server.pem")
  package static let serverKey = path("server.key")
  package static let client = path("client.pem")
  package static let clientKey = path("client.key")
  package static let authority = path("authority.pem")
  /// Signed by itself alone.
  package static let stranger = path("stranger.pem")
  package static let strangerKey = path("stranger.key")

  private static func path(_ name: String) -> String {
    packageFolder.appending(path: "Tests/Fixtures/TLS/\(name)").path
  }
}
