import CDriver
import Foundation

/// What was found out about the cards of this machine: which there are, or why there is none.
package struct Discovery: Sendable, Hashable, Codable {
  package enum Outcome: String, Sendable, Hashable, Codable {
    case opened
    case notLoaded = "not-loaded"
    case lacksSymbol = "lacks-symbol"
  }

  /// A place where the driver's library was looked for.
  package struct Attempt: Sendable, Hashable, Codable {
    package let place: String
    package let outcome: Outcome
    /// The file that was opened, the loader's reason, or the symbol that the library lacks.
    package let detail: String

    package init(place: String, outcome: Outcome, detail: String) {
      (self.place, self.outcome, self.detail) = (place, outcome, detail)
    }

    /// Why it was not taken, in words that do not repeat the place.
    var reason: String {
      switch outcome {
      case .opened: "it was opened"
      case .notLoaded:
        detail.hasPrefix("\(place): ") ? String(detail.dropFirst(place.count + 2)) : detail
      case .lacksSymbol: "it has no \(detail), and is too old or another library"
      }
    }
  }

  /// Why no card can be used.
  package enum Absence: Sendable, Hashable, Codable {
    case noDriver
    /// The driver's version, as it reports it, and the least that is needed.
    case tooOld(version: Int, least: Int)
    case refused(call: String, code: Int, name: String)
    case noCards
    /// The program that asks the driver ended, or did not within so many seconds.
    case noAnswer(String)
  }

  package var attempts: [Attempt] = []
  /// 1000 · major + 10 · minor of the newest CUDA that the driver knows; 0 without a driver.
  package var version = 0
  package var cards: [Card] = []
  package var absence: Absence?

  /// Kernels are compiled by CUDA 12.
  package static let leastVersion = 12_000

  package init(absence: Absence) { self.absence = absence }

  /// Looks for a driver, in a file or where drivers usually are, and asks it.
  package init(library: String?) {
    var attempts: [Attempt] = []
    if let driver = Driver.open(library, note: { attempts.append($0) }) {
      self.init(driver)
    } else {
      self.init(absence: .noDriver)
    }
    self.attempts = attempts
  }

  /// Asks a driver for its cards.
  package init(_ driver: Driver) {
    do {
      try ask(driver)
    } catch {
      absence = .refused(call: error.call, code: error.code, name: error.name)
    }
    if absence != nil { cards = [] }
  }

  private mutating func ask(_ driver: Driver) throws(DriverError) {
    // The version can be told before anything is initialised.
    version = try driver.version()
    guard version >= Discovery.leastVersion else {
      absence = .tooOld(version: version, least: Discovery.leastVersion)
      return
    }
    try driver.initialise()
    for index in 0..<(try driver.deviceCount()) { cards.append(try Card(index, of: driver)) }
    if cards.isEmpty { absence = .noCards }
  }
}

extension Discovery.Outcome {
  init(_ outcome: driver_outcome) {
    self =
      switch outcome {
      case DRIVER_OPENED: .opened
      case DRIVER_LACKS_SYMBOL: .lacksSymbol
      default: .notLoaded
      }
  }
}

extension Discovery.Absence {
  /// The reason, and what can be done about it.
  package var words: String {
    switch self {
    case .noDriver: "there is no NVIDIA driver here"
    case .tooOld(let version, let least):
      "the driver knows CUDA \(Discovery.text(of: version)) at most, \(Discovery.text(of: least)) "
        + "is needed: driver 525 or later"
    case .refused(let call, let code, let name):
      "\(call) returned \(code) (\(name))" + (Discovery.meanings[code].map { ": \($0)" } ?? "")
    case .noCards: "the driver knows no card"
    case .noAnswer(let reason): "the driver could not be asked: \(reason)"
    }
  }
}

extension Discovery {
  static func text(of version: Int) -> String { "\(version / 1000).\(version % 1000 / 10)" }

  /// What codes of the driver mean when it is asked for its cards, in words for the operator.
  fileprivate static let meanings = [
    3: "the driver cannot be initialised",
    34: "the library is a toolkit's stub, not a driver's",
    46: "another process has the card for itself",
    100: "there is no card, or its device files cannot be seen (PrivateDevices, containers)",
    101: "the card that was asked for is not there",
    102: "the driver asks for a licence",
    802: "the card is not ready yet",
    803: "the driver's library and its kernel module differ: restart the machine",
    804: "the driver's compatibility library does not fit this card",
    999: "the driver does not say why; its device files may be closed to this user",
  ]

  /// All of it in one line.
  package var words: String {
    guard let absence else {
      let list = cards.map(\.words).joined(separator: "; ")
      return "\(list) (driver for CUDA \(Discovery.text(of: version)))"
    }
    let failed = attempts.filter { $0.outcome != .opened }
    var reasons: [String] = []
    for attempt in failed where !reasons.contains(attempt.reason) { reasons.append(attempt.reason) }
    // Most places lack it for the same reason, which is told once.
    let told = reasons.map { reason in
      failed.filter { $0.reason == reason }.map(\.place).joined(separator: ", ") + ": " + reason
    }
    return ([absence.words] + told).joined(separator: "; ")
  }

  package var json: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { Array($0) } ?? []
  }

  package init?(json: [UInt8]) {
    guard let read = try? JSONDecoder().decode(Discovery.self, from: Data(json)) else { return nil }
    self = read
  }
}
