/// Sockets opened by a supervisor before this program started, so that connections wait during a
/// restart.
///
/// Source: sd_listen_fds(3).
package enum InheritedSockets {
  /// The first inherited descriptor.
  private static let first = 3
  /// The maximum number of inherited descriptors.
  private static let most = 64

  /// Descriptors meant for this process; none without a supervisor.
  package static func descriptors(
    environment: [String: String], process: Int32
  ) -> Range<Int32> {
    guard environment["LISTEN_PID"] == String(process),
      let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), (1...most).contains(count)
    else { return 0..<0 }
    return Int32(first)..<Int32(first + count)
  }

  /// The sockets of the descriptors; each must be listening.
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
