import Backlog
import BacklogLaws
import BacklogPostgres
import BacklogSQL
import Foundation
import Glibc
import Support
import Synchronization

/// A server of the tests' own, in a temporary folder, reached through a socket file alone.
final class PostgresServer: Sendable {
  private static let programs = "/usr/lib/postgresql/15/bin"

  private let folder: TemporaryFolder
  private let schemas = Mutex(0)
  private let running = Mutex<Process?>(nil)

  /// `nil`, aloud, where there is no PostgreSQL 15.
  static let shared: PostgresServer? = {
    do {
      return try PostgresServer()
    } catch {
      print("SKIPPED: no PostgreSQL 15 that starts: \(error)")
      return nil
    }
  }()

  private init() throws {
    folder = TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    if getuid() == 0 {
      try FileManager.default.setAttributes(
        [.ownerAccountName: "nobody"], ofItemAtPath: folder.path)
    }
    let data = "\(folder.path)/data"
    let making = process(
      "initdb", ["-D", data, "-A", "trust", "-U", "eyepiece", "--no-sync"])
    try making.run()
    making.waitUntilExit()
    try start()
    // At the end of the tests, however they end.
    PostgresServer.stopAtExit(data)
  }

  /// Starts it as a child, and waits until it answers.
  func start() throws {
    let server = process(
      "postgres",
      [
        "-D", "\(folder.path)/data", "-c", "listen_addresses=", "-c",
        "unix_socket_directories=\(folder.path)", "-c", "fsync=off",
      ])
    try server.run()
    running.withLock { $0 = server }
    for _ in 0..<600 {
      if (try? query("SELECT 1")) != nil { return }
      guard server.isRunning else { break }
      usleep(100_000)
    }
    throw Failed(command: "postgres", status: 1)
  }

  /// Stops it without a word to its clients.
  func stopAtOnce() {
    running.withLock { server in
      guard let process = server else { return }
      kill(process.processIdentifier, SIGQUIT)
      process.waitUntilExit()
      server = nil
    }
  }

  private var base: String { "host=\(folder.path) user=eyepiece dbname=postgres" }

  private func query(_ sql: String) throws {
    let process = process("psql", ["-q", "-c", sql, base])
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(command: sql, status: process.terminationStatus)
    }
  }

  /// Where nobody's tables are yet.
  func address() throws -> String {
    let number = schemas.withLock { number in
      number += 1
      return number
    }
    try query("CREATE SCHEMA s\(number)")
    return "\(base) options='-c search_path=s\(number)'"
  }

  /// One of its programs, which PostgreSQL refuses to be root's.
  private func process(_ name: String, _ arguments: [String]) -> Process {
    let (process, path) = (Process(), "\(PostgresServer.programs)/\(name)")
    let command =
      getuid() == 0
      ? ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", path] : [path]
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst()) + arguments
    process.currentDirectoryURL = URL(filePath: "/")
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  struct Failed: Error {
    let command: String
    let status: Int32
  }

  /// A process that waits for the tests' end, and stops the server then.
  private static func stopAtExit(_ data: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [
      "-c",
      """
      while kill -0 $1 2>/dev/null; do sleep 1; done
      kill -INT "$(head -n 1 "$0/postmaster.pid")"; sleep 2; rm -rf "${0%/data}"
      """, data, "\(getpid())",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try? process.run()
  }
}

extension BacklogEngine {
  static func postgres(_ server: PostgresServer) -> BacklogEngine {
    BacklogEngine(name: "PostgreSQL") { policy, clock, random in
      try open(server.address(), policy, clock, random)
    }
  }

  /// On the tables of the release after this one.
  static func postgresOfLaterRelease(_ server: PostgresServer) -> BacklogEngine {
    BacklogEngine(name: "PostgreSQL, later tables") { policy, clock, random in
      let address = try server.address()
      let first = try open(address, policy, clock, random)
      try LaterRelease.widen(first, least: Schema.version)
      first.close()
      return try open(address, policy, clock, random)
    }
  }

  private static func open(
    _ address: String, _ policy: BacklogPolicy, _ clock: VirtualClock, _ random: SeededBytes
  ) throws -> PostgresBacklog {
    try PostgresBacklog(
      at: address, policy: policy, listens: false, sweepsAfter: 0, now: { clock.now },
      steady: { clock.steady }, random: { random($0) })
  }
}
