import Backlog
import BacklogSQL
import Foundation
import Synchronization

/// Hears what other processes say of the backlog, and tells them what this one did.
///
/// It has a connection of its own, on which `LISTEN` must last: a pooler of transactions may not lie
/// between. All that is to be told waits for a quarter of a second, since each notice takes a lock
/// of the whole server.
final class Ear: Sendable {
  private struct State {
    var untold: [Hint] = []
    var isClosed = false
  }

  static let channel = "eyepiece"
  /// Milliseconds between two looks.
  private static let pause: Int32 = 250
  /// Most hints of one notice, whose text may have 8,000 bytes.
  ///
  /// Source: PostgreSQL's `NOTIFY`.
  private static let largestNotice = 200
  /// Most hints that wait to be told; others find out by looking.
  private static let mostUntold = 10_000

  private let state = Mutex(State())
  private let address: String
  private let hear: @Sendable ([Hint]) -> Void

  init(at address: String, hear: @escaping @Sendable ([Hint]) -> Void) {
    (self.address, self.hear) = (address, hear)
  }

  /// Begins to listen, on a thread of its own, until it is closed.
  func start() { Thread { [self] in run() }.start() }

  func tell(_ hints: [Hint]) {
    state.withLock { state in
      for hint in hints.prefix(Ear.mostUntold - state.untold.count)
      where hint != .work || !state.untold.contains(.work) {
        state.untold.append(hint)
      }
    }
  }

  func close() { state.withLock { $0.isClosed = true } }

  private var isClosed: Bool { state.withLock { $0.isClosed } }

  private func run() {
    var attempts = Attempts()
    while !isClosed {
      let now = ClockAgreement.steady()
      if attempts.mayTry(at: now) {
        do throws(PostgresError) {
          let connection = try PostgresConnection(to: address)
          _ = try connection.execute("LISTEN \(Ear.channel)")
          attempts.succeeded()
          // What was said before is lost: one full look.
          hear([.work])
          try listen(on: connection)
        } catch {
          attempts.failed(at: now, chance: Double.random(in: 0..<1))
        }
      } else {
        Thread.sleep(forTimeInterval: Double(Ear.pause) / 1000)
      }
    }
  }

  private func listen(on connection: PostgresConnection) throws(PostgresError) {
    while !isClosed {
      connection.wait(milliseconds: Ear.pause)
      let heard = try connection.takeNotices().flatMap { Ear.hints(in: $0) }
      if !heard.isEmpty { hear(heard) }
      let untold = state.withLock { state in
        let some = Array(state.untold.prefix(Ear.largestNotice))
        state.untold.removeFirst(some.count)
        return some
      }
      guard !untold.isEmpty else { continue }
      let text = untold.map(Ear.word).joined(separator: " ")
      _ = try connection.execute(
        "SELECT pg_notify($1, $2)", [.text(Ear.channel), .text(text)])
    }
  }

  private static func word(_ hint: Hint) -> String {
    switch hint {
    case .work: "w"
    case .cancel(let id): "c\(id)"
    case .changed(let id): "j\(id)"
    case .batchChanged(let id): "b\(id)"
    }
  }

  /// What a notice says; others may say what they like on the channel.
  static func hints(in notice: String) -> [Hint] {
    notice.split(separator: " ").compactMap { word in
      switch word.first {
      case "w": .work
      case "c": JobID(word.dropFirst()).map { .cancel($0) }
      case "j": JobID(word.dropFirst()).map { .changed($0) }
      case "b": BatchID(word.dropFirst()).map { .batchChanged($0) }
      default: nil
      }
    }
  }
}
