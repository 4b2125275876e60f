package import Files
import Foundation
import Glibc

/// Another program, run to its end.
///
/// Foundation's `Process` makes a pair of sockets on the loopback interface first, and waits for ever
/// where that is down.
package enum ChildProgram {
  /// What it did.
  package struct Result: Sendable {
    /// Its exit status, or 128 and the signal that ended it, as a shell has it.
    package let status: Int32
    package let output: [UInt8]
    package let errors: [UInt8]
  }

  /// Most bytes of its input, and of what it complains of: as many as a pipe holds.
  ///
  /// Source: pipe(7), "Pipe capacity".
  package static let pipeBytes = 1 << 16

  /// Runs a program that is found in `PATH`, with some bytes as its input; blocks until it ends.
  ///
  /// Throws where it cannot be started. Source: posix_spawn(3).
  package static func run(_ words: [String], input: [UInt8]) throws(FileError) -> Result {
    guard input.count <= pipeBytes else { throw .tooLarge(path: words[0], limit: pipeBytes) }
    let (given, output, errors) = (try Pipe(), try Pipe(), try Pipe())
    // Before there is a child, which might end without reading it.
    given.write(input)
    given.closeWriter()
    let child = try start(words, given.reader, output.writer, errors.writer)
    output.closeWriter()
    errors.closeWriter()
    let (told, complaints) = (output.contents(), errors.contents())
    var status: Int32 = 0
    // SAFETY: the call writes one number.
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    let ended = status & 0x7F
    return Result(
      status: ended == 0 ? (status >> 8) & 0xFF : 128 + ended, output: told, errors: complaints)
  }

  /// Starts a child with three descriptors as its input, output and errors, and with the signals as
  /// they were before this program minded them.
  private static func start(
    _ words: [String], _ files: Int32...
  ) throws(FileError) -> pid_t {
    var child: pid_t = 0
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
    // SAFETY: both lists are made before they are used and freed once, after the call, which copies
    // what they say; the texts are copies that end in a zero, in lists that end in nil.
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    for (number, file) in files.enumerated() {
      unsafe posix_spawn_file_actions_adddup2(&actions, file, Int32(number))
    }
    var (all, none) = (sigset_t(), sigset_t())
    unsafe sigfillset(&all)
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    let variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    let code = unsafe posix_spawnp(
      &child, words[0], &actions, &attributes, arguments, variables)
    unsafe (arguments + variables).forEach { unsafe free($0) }
    unsafe posix_spawn_file_actions_destroy(&actions)
    unsafe posix_spawnattr_destroy(&attributes)
    guard code == 0 else { throw .refused(path: words[0], code: code) }
    return child
  }
}

/// A pipe that no child inherits but as one of its own three files: a pair of sockets, which are so
/// from the beginning.
private final class Pipe {
  private(set) var reader: Int32 = -1
  private(set) var writer: Int32 = -1

  init() throws(FileError) {
    var ends: [Int32] = [-1, -1]
    // SAFETY: the call writes two numbers.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw .refused(path: "a pipe", code: errno)
    }
    (reader, writer) = (ends[0], ends[1])
  }

  deinit {
    closeReader()
    closeWriter()
  }

  func closeReader() {
    if reader >= 0 { close(reader) }
    reader = -1
  }

  func closeWriter() {
    if writer >= 0 { close(writer) }
    writer = -1
  }

  /// Writes all.
  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // SAFETY: the bytes are lent for the call, which reads as many as there are.
      let count = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.write(writer, bytes.baseAddress, bytes.count)
      }
      if count < 0, errno != EINTR { return }
      rest = rest.dropFirst(max(count, 0))
    }
  }

  /// Everything until all who may write have closed it.
  func contents() -> [UInt8] {
    var (contents, piece): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
    while true {
      // SAFETY: the call writes no more bytes than there are.
      let count = unsafe piece.withUnsafeMutableBytes { bytes in
        unsafe read(reader, bytes.baseAddress, bytes.count)
      }
      if count > 0 { contents += piece[..<count] }
      if count == 0 || count < 0 && errno != EINTR { return contents }
    }
  }
}
