import Foundation
import Glibc

/// Ends a process that speaks to a driver some time after the one that started it is gone.
///
/// Threads that wait in a driver may wait for ever; this one does not call it. What has not come to its
/// end by then has none.
package enum ServerWatch {
  /// What is left for an orderly end, in seconds.
  package static let seconds: UInt32 = 2
  /// How such a process ends.
  package static let status: Int32 = 72

  /// Watches one end of a socket or a pipe whose other end the server holds.
  package static func begin(on descriptor: Int32) {
    let watched = dup(descriptor)
    Thread.detachNewThread {
      // No event is asked for, so that only the other end's closing is told, or an error.
      var other = pollfd(fd: watched, events: 0, revents: 0)
      // SAFETY: one entry is given and stated.
      while unsafe poll(&other, 1, -1) < 1 {}
      sleep(seconds)
      _exit(status)
    }
  }
}
