import Backlog
import BacklogPostgres
import Cache
import Files
import Foundation

extension Doctor {
  /// Where jobs are kept, and what machines share.
  enum JobsCheck {
    /// Seconds of a transaction that make claims slow.
    private static let longSnapshot = 600.0
    /// Connections that a process takes.
    private static let connections = 2

    @Sendable static func jobs(_ settings: Settings) async -> [Finding] {
      do {
        switch try settings.jobsPlace {
        case .nowhere: return [.note("jobs", "none are kept: respond-async is not answered")]
        case .folder(let folder): return [file(in: folder)]
        case .database(let address): return await database(address)
        }
      } catch {
        return [.bad("jobs", "\(error)")]
      }
    }

    private static func file(in folder: String) -> Finding {
      let path = URL(filePath: folder).appending(path: "jobs.sqlite").path
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      guard let bytes = (attributes?[.size] as? NSNumber)?.intValue else {
        return .good("jobs", "\(path) will be made")
      }
      return FileManager.default.isWritableFile(atPath: path)
        ? .good("jobs", "\(path): \(bytes.inBytes)")
        : .bad("jobs", "\(path) cannot be written to")
    }

    private static func database(_ address: String) async -> [Finding] {
      let shown = Secrets.ofAddress(address)
      let begun = ContinuousClock.now
      let found: PostgresExamination
      do throws(BacklogError) {
        found = try PostgresExamination(of: address)
      } catch {
        return [.bad("jobs", "\(JobsError.database(error, shown))")]
      }
      let milliseconds = Int((ContinuousClock.now - begun) / .milliseconds(1))
      var words = "\(shown): PostgreSQL \(found.version), \(milliseconds) ms to connect and look"
      words += found.schema == nil ? "; its tables will be made" : ""
      if found.connections < connections {
        return [.bad("jobs", "\(words); no connection is left (max_connections)")]
      }
      var worries: [String] = []
      if found.oldestSnapshot > longSnapshot {
        worries.append(
          "a transaction has been open for \(Int(found.oldestSnapshot)) s, which slows every claim")
      }
      if found.idleSlots > 0 {
        worries.append("\(found.idleSlots) replication slots are read by nobody")
      }
      if !found.isDurable {
        worries.append("fsync or synchronous_commit is off: jobs that were taken may be lost")
      }
      guard !worries.isEmpty else { return [.good("jobs", words)] }
      return [.note("jobs", "\(words); \(worries.joined(separator: "; "))")]
    }

    /// Asks the shared store for the mark of the database's servers.
    @Sendable static func shared(_ settings: Settings) async -> [Finding] {
      guard let place = settings.shared else { return [] }
      let shown = Secrets.ofAddress(place)
      do {
        guard let store = try settings.sharedStore else { return [] }
        var backlog: String?
        if case .database(let address) = try settings.jobsPlace {
          backlog = (try? PostgresExamination(of: address))?.identity
        }
        let mark = Composition.mark(of: backlog ?? "")
        let begun = ContinuousClock.now
        let isMarked = try store.contains(SharedAddress(content: SHA256.digest(of: mark)))
        let words =
          "\(shown) answers in \(Int((ContinuousClock.now - begun) / .milliseconds(1))) ms"
        guard backlog != nil else { return [.good("shared", words)] }
        return [
          isMarked
            ? .good("shared", "\(words); it is the store of the servers of these jobs")
            : .note("shared", "\(words); no server of these jobs has marked it as theirs yet")
        ]
      } catch {
        return [.bad("shared", "\(shown): \(error)")]
      }
    }
  }
}
