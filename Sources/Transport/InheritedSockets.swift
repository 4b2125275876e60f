/// Sockets that a supervisor has opened before this program began, so that callers wait while it
/// is replaced.
///
/// Source: sd_listen_fds(3).
package enum InheritedSockets {
  /// The first descriptor that is handed over.
  private static let first = 3
  /// More than any supervisor hands to one program here.
  private static let most = 64

  /// Descriptors meant for this process; none when there is no supervisor.
  package static func descriptors(
    environment: [String: String], process: Int32
  ) -> Range<Int32> {
    guard environment["LISTEN_PID"] == String(process),
      let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), (1...most).contains(count)
    else { return 0..<0 }
    return Int32(first)..<Int32(first + count)
  }

  /// The sockets themselves; each must listen.
  package static func taken(
    environment: [String: String], process: Int32
  ) throws(TransportError) -> [Socket] {
    var sockets: [Socket] = []
    for descriptor in descriptors(environment: environment, process: process) {
      sockets.append(try Socket.inherited(descriptor))
    }
    return sockets
  }
}
