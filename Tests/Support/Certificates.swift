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
  /// Signed by themselves with the stranger's key: a subject with marks and letters beyond ASCII,
  /// one that is empty, and one of 140 characters.
  package static let subject = path("subject.pem")
  package static let nameless = path("nameless.pem")
  package static let longname = path("longname.pem")

  private static func path(_ name: String) -> String {
    packageFolder.appending(path: "Tests/Fixtures/TLS/\(name)").path
  }
}
