import Foundation
import Cache

/// Writes drafts to a store, and tells of each what became of it, until it is ended.
@main struct StoreTorture {
  /// Of the arguments folder, budget, first version, and number of drafts.
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let budget = Int(arguments[2]), let first = Int(arguments[3]),
      let count = Int(arguments[4])
    else { exit(64) }
    let store = try DiskStore(at: arguments[1], budget: budget)
    for version in first..<first + count {
      let draft = Draft(number: Int.random(in: 0..<Draft.count), version: version)
      let outcome = store.write(draft.bytes, for: draft.key, in: Draft.namespace)
      let line = "\(draft.number) \(version) \(outcome == .stored ? "stored" : "failed")\n"
      FileHandle.standardOutput.write(Data(line.utf8))
    }
  }
}
