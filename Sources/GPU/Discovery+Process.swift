package import Foundation
import Synchronization

extension Discovery {
  /// Asks a program that looks for cards and prints what it found, so that a driver that hangs, or
  /// ends the process that calls it, does neither to this one.
  package static func asked(
    of program: URL, _ arguments: [String], environment: [String: String] = [:],
    within seconds: Int = 30
  ) -> Discovery {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = pipe
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    do {
      try process.run()
    } catch {
      return Discovery(absence: .noAnswer("\(program.path) cannot be started: \(error)"))
    }
    guard ended.wait(timeout: .now() + .seconds(seconds)) == .success else {
      kill(process.processIdentifier, SIGKILL)
      return Discovery(absence: .noAnswer("it did not answer within \(seconds) s"))
    }
    let told = Array(pipe.fileHandleForReading.readDataToEndOfFile())
    if process.terminationReason == .exit, process.terminationStatus == 0,
      let found = Discovery(json: told)
    {
      return found
    }
    let how = process.terminationReason == .exit ? "status" : "signal"
    return Discovery(
      absence: .noAnswer("the program that asks it ended with \(how) \(process.terminationStatus)"))
  }
}
