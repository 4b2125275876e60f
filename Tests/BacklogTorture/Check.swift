import Backlog
import BacklogLaws
import BacklogSQL
import BacklogSQLite
import Foundation

/// What a process told before it was killed, compared with what is there.
struct Check {
  var lost: [String] = []
  /// Jobs that have another answer than their own.
  var double: [String] = []
  var acknowledged = 0

  /// Lines as `Laborer` tells them; the last may be cut.
  mutating func compare(_ lines: [Substring], with backlog: any JobBacklog) throws {
    var (states, forgotten): ([JobID: JobState], Set<JobID>) = ([:], [])
    for line in lines {
      let words = line.split(separator: " ")
      guard words.count == 2 else { continue }
      if words[0] == "batch", let id = BatchID(words[1]) {
        acknowledged += 1
        let batch = try backlog.batch(id, for: .all)
        let members = JobQuery(scope: .all, order: .members(of: id))
        let count = try backlog.list(members).jobs.count
        if batch == nil || count != 5 { lost.append("\(line): \(count) jobs") }
      }
      guard let id = JobID(words[1]) else { continue }
      switch words[0] {
      case "took": states[id] = states[id] ?? .waiting
      case "done": states[id] = .done
      case "cancelled": states[id] = .cancelled
      case "forgetting", "forgotten": forgotten.insert(id)
      default: continue
      }
      acknowledged += 1
    }
    for (id, state) in states where !forgotten.contains(id) {
      guard let job = try backlog.document(id, for: .all) else {
        lost.append("\(id) \(state)")
        continue
      }
      if state.isEnded, job.state != state { lost.append("\(id) \(state) is \(job.state)") }
      if let answer = job.answer, answer != Samples.answer(of: job.order) {
        double.append("\(id)")
      }
    }
    for line in lines where line.hasPrefix("forgotten ") {
      guard let id = JobID(line.dropFirst(10)) else { continue }
      if try backlog.document(id, for: .all) != nil { lost.append("\(id) came back") }
    }
  }

  /// Compares counts with what is counted, and lets SQLite look at its own file.
  static func soundness(of backlog: any SQLTransactions) throws -> String? {
    let problems = try (backlog as? SQLiteBacklog)?.problems() ?? []
    if !problems.isEmpty { return problems.joined(separator: "; ") }
    var counted: [JobState: Int] = [:]
    for job in try backlog.all() { counted[job.state, default: 0] += 1 }
    let told = try backlog.counts()
    for state in JobState.allCases where told.count(state) != counted[state, default: 0] {
      return "\(told.count(state)) jobs are \(state), \(counted[state, default: 0]) are"
    }
    return nil
  }

  /// Opens what a loss of power left, and prints what is missing.
  static func afterCut(folder: String, log: String) throws {
    let backlog = try SQLiteBacklog(at: "\(folder)/jobs.sqlite", policy: BacklogPolicy())
    var check = Check()
    let text = try String(contentsOfFile: log, encoding: .utf8)
    try check.compare(text.split(separator: "\n"), with: backlog)
    let problem = try soundness(of: backlog)
    Laborer.tell(
      "acknowledged \(check.acknowledged) lost \(check.lost.count) double \(check.double.count) "
        + "unsound \(problem ?? "no")")
    backlog.close()
  }
}
