import CKernelEmulator
import CKernels
import CMockDriver
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
    let seed = UInt64(words["seed"] ?? "") ?? 1
    if words["launcher"] == "emulator" {
      // SAFETY: a function of the emulator, and one of this program.
      unsafe mock_reset(
        seed,
        { unsafe emulator_launch($0, $1, $2, $3, $4, $5, $6, $7) },
        { name in
          guard let name = unsafe name, let kernel = unsafe kernel_named(name) else { return 0 }
          return unsafe kernel.pointee.argument_bytes
        })
    } else {
      mock_reset(seed, nil, nil)
    }
    if let bytes = words["free"].flatMap({ Int($0) }) { mock_memory(bytes) }
    if plants(words["once"]) { plantFaults(words) }
    let (channel, memory) = CardWorker.inherited()
    // Says nothing until the server is gone.
    if words["mute"] != nil { while channel.receive(within: -1) != .closed {} }
    let end = CardWorker.run(
      Driver(mock_driver()), card: words["card"] ?? "",
      bytes: words["bytes"].flatMap { Int($0) } ?? 0,
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

  private static func plantFaults(_ words: [String: String]) {
    if let fault = words["fail"]?.split(separator: ":"), fault.count == 2,
      let n = Int(fault[0]), let code = Int32(fault[1])
    {
      mock_fail(nil, n, code)
    }
    if let n = words["end"].flatMap({ Int($0) }) { mock_end_process(n) }
    if let n = words["hang"].flatMap({ Int($0) }) { mock_hang(n) }
  }
}
