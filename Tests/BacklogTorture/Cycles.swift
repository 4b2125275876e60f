import Backlog
import BacklogSQL
import Foundation
import Support

/// Starts the program, kills it at some moment, and opens what it leaves, many times.
struct Cycles {
  let place: Place
  let seed: Int

  func run(_ count: Int) throws {
    var chance = SeededNumbers(seed: seed)
    var (check, seconds, early, unsound) = (Check(), [Double](), 0, 0)
    for cycle in 0..<count {
      // A new file from time to time, so that all of it can be looked at.
      if cycle % 50 == 0 { try place.empty() }
      let text = try output(
        seed: seed &+ cycle, milliseconds: 1 + chance.below(place.isServer ? 300 : 50))
      let lines = text.split(separator: "\n")
      if !lines.contains(where: { $0.hasPrefix("ready") }) { early += 1 }
      let start = ContinuousClock().now
      let backlog = try place.open()
      seconds.append((ContinuousClock().now - start) / .seconds(1))
      try check.compare(lines, with: backlog)
      // A server's rows become many.
      let looks = !place.isServer || cycle % 50 == 49 || cycle == count - 1
      if looks, let problem = try Check.soundness(of: backlog) {
        unsound += 1
        Laborer.tell("unsound \(problem)")
      }
      backlog.close()
    }
    for line in check.lost + check.double { Laborer.tell("wrong \(line)") }
    seconds.sort()
    let median = String(format: "%.4f", seconds[count / 2])
    let most = String(format: "%.4f", seconds.last ?? 0)
    Laborer.tell(
      "cycles \(count) early \(early) acknowledged \(check.acknowledged) lost \(check.lost.count) "
        + "double \(check.double.count) unsound \(unsound) ready \(median) at most \(most) s")
    if !check.lost.isEmpty || !check.double.isEmpty || unsound > 0 { exit(1) }
  }

  /// What the program told until it was killed, so long after it began to work.
  private func output(seed: Int, milliseconds: Int) throws -> String {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["work", place.text, "full", "\(seed)"]
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading
    // One in ten is killed while it opens the file.
    var data = seed % 10 == 0 ? Data() : output.availableData
    usleep(UInt32(milliseconds * 1000))
    kill(process.processIdentifier, SIGKILL)
    data += output.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}
