package import Foundation

/// How the process of a card is started.
package struct WorkerLaunch: Sendable {
  package let program: URL
  package let arguments: [String]
  /// Beside what this process has.
  package let environment: [String: String]

  package init(program: URL, arguments: [String], environment: [String: String] = [:]) {
    (self.program, self.arguments, self.environment) = (program, arguments, environment)
  }
}

/// The process of a card, as the server holds it.
///
/// Its standard input is the socket of messages, its standard output the shared memory.
final class WorkerProcess {
  let channel: Channel
  let memory: SharedMemory
  private let process = Process()
  /// The models that it has, by name and operands, the last used last.
  var models: [String] = []

  /// Starts it, and calls `ended` after its end; `nil` where the system does not.
  init?(_ launch: WorkerLaunch, ended: @escaping @Sendable () -> Void) {
    guard let (ours, theirs) = Channel.pair(), let memory = SharedMemory(),
      memory.grow(to: JobOrder.mostBytes)
    else { return nil }
    (channel, self.memory) = (ours, memory)
    process.executableURL = launch.program
    process.arguments = launch.arguments
    process.environment = ProcessInfo.processInfo.environment.merging(launch.environment) { $1 }
    process.standardInput = FileHandle(fileDescriptor: theirs.descriptor, closeOnDealloc: false)
    process.standardOutput = FileHandle(fileDescriptor: memory.descriptor, closeOnDealloc: false)
    process.terminationHandler = { _ in ended() }
    do {
      try process.run()
    } catch {
      return nil
    }
    withExtendedLifetime(theirs) {}
  }

  /// Ends it at once: a driver that hangs hears nothing.
  func kill() {
    // The number of one that has been waited for may be another's.
    if process.isRunning { _ = Glibc.kill(process.processIdentifier, SIGKILL) }
  }

  /// Lets it end by itself.
  func end() { channel.send(Message(.bye)) }
}
