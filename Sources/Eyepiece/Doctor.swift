import ArgumentParser
import Foundation

/// `eyepiece doctor`: whether a server with these settings would do well on this machine.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look for what keeps a server from working here, one line for each finding.",
    discussion: "ok is well, note is worth knowing, and BAD keeps it from working: the exit status "
      + "is then 1. The port and the store are opened for a moment, and nothing is changed.")

  @OptionGroup var flags: Flags

  func run() async throws {
    let settings = try await flags.settings()
    var isWell = true
    for examination in Doctor.examinations {
      for finding in await examination(settings) {
        print(finding)
        fflush(nil)
        if case .bad = finding.verdict { isWell = false }
      }
    }
    if !isWell { throw ExitCode.failure }
  }

  /// The cheap ones first.
  static let examinations: [@Sendable (Settings) async -> [Finding]] = [
    Machine.clock, Machine.processor, Machine.memory, Machine.descriptors, Cards.cards,
    ServerCheck.access, ServerCheck.port,
    ServerCheck.store, JobsCheck.jobs, JobsCheck.shared, Models.weights, Models.selfTest,
  ]

  /// What was found out about something.
  struct Finding: CustomStringConvertible, Sendable {
    enum Verdict: String, Sendable {
      case good = "ok"
      case worthKnowing = "note"
      case bad = "BAD"
    }

    let verdict: Verdict
    let subject: String
    let words: String

    static func good(_ subject: String, _ words: String) -> Finding {
      Finding(verdict: .good, subject: subject, words: words)
    }

    static func note(_ subject: String, _ words: String) -> Finding {
      Finding(verdict: .worthKnowing, subject: subject, words: words)
    }

    static func bad(_ subject: String, _ words: String) -> Finding {
      Finding(verdict: .bad, subject: subject, words: words)
    }

    var description: String {
      let columns = [(verdict.rawValue, 6), (subject, 14)].map { text, width in
        text.padding(toLength: width, withPad: " ", startingAt: 0)
      }
      return columns.joined() + words
    }
  }
}

extension Int {
  /// Bytes as people say them.
  var inBytes: String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var (value, unit) = (Double(self), 0)
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    let tenths = (value * 10).rounded() / 10
    return (tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)") + " \(units[unit])"
  }
}
