import Foundation
import HTTPServer
import Transport

/// What the program tells the service manager that started it, if one did.
///
/// Source: sd_notify(3), sd_watchdog_enabled(3).
struct SystemdNotifier: Sendable {
  /// A part of the program that is asked to show that it turns.
  typealias Proof = @Sendable () async -> Void

  private let socket: NotifySocket?
  /// How long the manager waits for a sign of life; `nil` when it waits for none.
  let patience: Duration?

  init(environment: [String: String], process: Int32) {
    socket = NotifySocket(environment["NOTIFY_SOCKET"])
    let isMeant = environment["WATCHDOG_PID"].map { $0 == String(process) } ?? true
    let limit = environment["WATCHDOG_USEC"].flatMap { Int($0) } ?? 0
    patience = isMeant && limit > 0 ? .microseconds(limit) : nil
  }

  func tellReady(at address: SocketAddress) {
    socket?.tell("READY=1\nSTATUS=Answers at \(address)")
  }

  func tellStopping() {
    socket?.tell("STOPPING=1\nSTATUS=Finishes what was begun")
  }

  /// Must be followed by `tellReady`.
  func tellReloading() {
    let seconds = ProcessInfo.processInfo.systemUptime
    socket?.tell("RELOADING=1\nMONOTONIC_USEC=\(Int(seconds * 1e6))")
  }

  /// Feeds the watchdog for as long as its task lives, each time after every part has turned.
  ///
  /// A part that has stopped stops the feeding, and the manager starts the program anew.
  func feedWatchdog(after parts: [Proof]) async {
    guard let patience else { return }
    while !Task.isCancelled {
      for part in parts { await part() }
      socket?.tell("WATCHDOG=1")
      try? await Task.sleep(for: patience / 2)
    }
  }
}
