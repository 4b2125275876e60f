package import Encoders
package import Featurization
import Synchronization

/// Counters of events since the program started.
///
/// Labels are routes, kinds of problems, stages and the operator's names of tokens, never text from
/// clients, so that clients cannot add series.
package final class ServiceMetrics: Sendable {
  struct Answered: Hashable, Sendable {
    let resource: String?
    /// The status's first digit.
    let statusClass: Int
  }

  /// Work done for one token.
  struct Account: Sendable {
    var requests = 0
    var bytesIn = 0
    var bytesOut = 0
    /// Seconds that its requests waited for encodings.
    var encodingSeconds = 0.0
  }

  struct Counts: Sendable {
    var requests: [Answered: Int] = [:]
    var durations: [String: Histogram] = [:]
    var stages: [String: Histogram] = [:]
    var refusals: [String: Int] = [:]
    var accounts: [String: Account] = [:]
    var bytesIn = 0
    var bytesOut = 0
    /// Requests whose clients disconnected before the answer.
    var abandoned = 0
    /// Answers that began and were not completed.
    var cut = 0
    /// Cancelled computations, and their blocks that were not computed.
    var cancelled = 0
    var blocksSpared = 0
    /// Open connections, and closed ones by reason.
    var connections = 0
    var ends: [String: Int] = [:]
    /// Log lines that were dropped because the log's reader was too slow.
    var lostLines = 0
    /// Encodings that were needed, by the place where they were found.
    var found: [FieldEvent.CacheLevel: Int] = [:]
    /// Questions to the store that machines share, by what became of them.
    var shared: [String: Int] = [:]
  }

  private let state = Mutex(Counts())
  /// What tells of the cards that encode, where there are any.
  private let cardCounts = Mutex<@Sendable () -> [CardCounts]>({ [] })

  package init() {}

  var counts: Counts { state.withLock { $0 } }

  package func note(_ event: FieldEvent) {
    state.withLock { counts in
      switch event {
      case .cancelled(let blocks, let total, _):
        counts.cancelled += 1
        counts.blocksSpared += max(0, total - blocks)
      case .pageFailed: break
      case .found(let place): counts.found[place, default: 0] += 1
      case .shared(let answer): counts.shared[answer.word, default: 0] += 1
      }
    }
  }

  /// Asks for what cards have done each time that it is told.
  package func watch(cards: @escaping @Sendable () -> [CardCounts]) {
    cardCounts.withLock { $0 = cards }
  }

  var cards: [CardCounts] { cardCounts.withLock { $0 }() }

  package func noteConnection() {
    state.withLock { $0.connections += 1 }
  }

  /// Counts a closed connection; `reason` is one of a fixed set of words.
  package func noteEnd(_ reason: String) {
    state.withLock { counts in
      counts.connections -= 1
      counts.ends[reason, default: 0] += 1
    }
  }

  package func noteLostLines(_ count: Int) {
    state.withLock { $0.lostLines += count }
  }

  func note(_ record: AccessRecord) {
    state.withLock { $0.add(record) }
  }
}

extension ServiceMetrics.Counts {
  fileprivate mutating func add(_ record: AccessRecord) {
    requests[.init(resource: record.resource, statusClass: record.status / 100), default: 0] += 1
    if let resource = record.resource {
      durations[resource, default: .seconds].note(record.duration)
    }
    for stage in record.stages { stages[stage.name, default: .seconds].note(stage.duration) }
    if let problem = record.problem { refusals[problem, default: 0] += 1 }
    bytesIn += record.bytesIn
    bytesOut += record.bytesOut
    if record.isAbandoned { abandoned += 1 }
    if !record.isComplete { cut += 1 }
    guard let client = record.client else { return }
    var account = accounts[client] ?? ServiceMetrics.Account()
    account.requests += 1
    account.bytesIn += record.bytesIn
    account.bytesOut += record.bytesOut
    account.encodingSeconds += record.seconds(of: "encode")
    accounts[client] = account
  }
}

extension AccessRecord {
  /// Total seconds of a stage.
  package func seconds(of stage: String) -> Double {
    stages.reduce(0) { $0 + ($1.name == stage ? $1.duration / .seconds(1) : 0) }
  }
}

extension FieldEvent.SharedAnswer {
  /// All words, for those that have not been said yet.
  static let words = ["away", "damaged", "found", "missed", "stored"]

  fileprivate var word: String {
    switch self {
    case .found: "found"
    case .missed: "missed"
    case .stored: "stored"
    case .damaged: "damaged"
    case .away: "away"
    }
  }
}
