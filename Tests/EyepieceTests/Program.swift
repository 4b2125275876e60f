import Foundation
import Support

/// The program beside the one that runs the tests, started with arguments.
struct Program {
  private static var path: URL {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "eyepiece")
  }

  static var weights: URL { packageFolder.appending(path: "Weights") }

  /// Whether the default model's weights are here; that they are not is said aloud.
  static func haveWeights(for suite: String) -> Bool {
    let file = weights.appending(path: "dinov2_vits14.safetensors")
    let isThere = FileManager.default.fileExists(atPath: file.path)
    if !isThere { print("SKIPPED: \(suite), there is no \(file.path)") }
    return isThere
  }

  let process = Process()
  let output = Pipe()
  private let folder = TemporaryFolder()
  private var log: URL { URL(filePath: folder.path).appending(path: "errors") }

  /// What it has written to standard error so far.
  var errors: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

  init(_ arguments: String...) throws {
    try self.init(arguments)
  }

  init(_ arguments: [String]) throws {
    process.executableURL = Self.path
    process.arguments = arguments
    process.standardOutput = output
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    try Data().write(to: log)
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
  }

  /// Its status and what it wrote to both streams, little of it, once it has ended.
  func end() -> (status: Int32, output: String, errors: String) {
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, errors)
  }

  /// The port of a server, once it says that it answers; `nil` when it ends before.
  func port() -> Int? {
    var text = ""
    while !text.contains("\n") {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { return nil }
      text += String(decoding: more, as: UTF8.self)
    }
    return text.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) }
  }
}
