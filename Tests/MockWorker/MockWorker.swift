import CMockDriver
import CMockLibrary
import Foundation
import GPU

/// The process of a card that is made up: the worker of `GPU` on the driver of `CMockDriver`.
///
/// Arguments are words with a value each; faults happen where `once` names a file, which the first
/// process removes.
@main
enum MockWorker {
  static func main() {
    var words: [String: String] = [:]
    for argument in CommandLine.arguments.dropFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      words[parts[0]] = parts.count > 1 ? parts[1] : ""
    }
    let all = CommandLine.arguments.dropFirst().joined(separator: " ")
    // SAFETY, for both calls: the text is lent for the call.
    unsafe mock_set_up(all)
    if plants(words["once"]) { unsafe mock_plan(all) }
    let (channel, memory) = CardWorker.inherited()
    // Says nothing until the server is gone.
    if words["mute"] != nil { while channel.receive(within: -1) != .closed {} }
    let end = CardWorker.run(
      Driver(mock_driver()), card: words["card"] ?? "",
      bytes: words["bytes"].flatMap { Int($0) } ?? 0,
      idle: words["idle"].flatMap { Int($0) } ?? 0,
      image: { _ in KernelImage(architecture: "made-up", bytes: [1]) }, channel, memory)
    // What a sane end leaves behind.
    if let path = words["report"], end == .asked {
      let text = "\(mock_held_bytes()) \(mock_held_handles()) \(mock_calls())"
      try? Data(text.utf8).write(to: URL(filePath: path))
    }
    exit(end.rawValue)
  }

  /// Whether this process is to have faults: all where no file is named, else the one that finds it.
  private static func plants(_ file: String?) -> Bool {
    guard let file else { return true }
    // SAFETY: the path is lent for the call.
    return unsafe unlink(file) == 0
  }
}
