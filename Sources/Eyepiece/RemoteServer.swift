import Foundation
import Sharing

/// A server elsewhere, asked through curl: the program itself opens no connection.
///
/// What fails for a moment is tried again, for some minutes; every request made here may be
/// repeated.
struct RemoteServer: Sendable {
  /// An answer; its bytes are in the file that was named, if one was.
  struct Answer: Sendable {
    let status: Int
    let body: Data
    let location: String?
    let tag: String?

    var isGood: Bool { (200..<300).contains(status) }

    func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try JSONDecoder().decode(type, from: body)
    }

    /// Why the server refused.
    var refusal: RemoteServerError {
      let problem = try? decoded(RefusalDocument.self)
      return .refused(status: status, problem?.detail ?? "the answer is \(status)")
    }
  }

  private struct RefusalDocument: Decodable {
    let detail: String
  }

  enum Body: Sendable {
    case none
    case file(String)
    case bytes([UInt8], type: String)
  }

  let base: String
  let token: String?

  /// Times that a request is made at most, with growing pauses: eight minutes of absence.
  static let retries = 20

  /// Asks, on a thread of its own; `into` names the file for the answer's bytes.
  func ask(
    _ method: String, _ path: String, _ body: Body = .none, headers: [String] = [],
    into: String? = nil
  ) async throws -> Answer {
    try await withCheckedThrowingContinuation { caller in
      Thread.detachNewThread {
        caller.resume(with: Result { try blocking(method, path, body, headers, into) })
      }
    }
  }

  private func blocking(
    _ method: String, _ path: String, _ body: Body, _ headers: [String], _ into: String?
  ) throws -> Answer {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "eyepiece-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = into ?? folder.appending(path: "answer").path
    var lines = [
      Curl.line("url", base + path), Curl.line("request", method), Curl.line("output", output),
      "max-time = 600", "connect-timeout = 10", "retry = \(RemoteServer.retries)",
      "retry-all-errors",
      "retry-max-time = 480",
      #"write-out = "%{http_code}\n%header{location}\n%header{etag}""#,
    ]
    lines += headers.map { Curl.line("header", $0) }
    if let token { lines.append(Curl.authorization(token)) }
    switch body {
    case .none: break
    case .file(let file):
      lines.append(Curl.line("header", "Content-Type: application/octet-stream"))
      lines.append(Curl.line("data-binary", "@\(file)"))
    case .bytes(let bytes, let type):
      let file = folder.appending(path: "body")
      try Data(bytes).write(to: file)
      lines.append(Curl.line("header", "Content-Type: \(type)"))
      lines.append(Curl.line("data-binary", "@\(file.path)"))
    }
    let result = try Curl.run(lines)
    guard result.status == 0 else { throw RemoteServerError.unreachable(result.words) }
    let parts = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    let code = parts.first.flatMap { Int($0) } ?? 0
    let isRead = into == nil || code >= 300
    let data = isRead ? (try? Data(contentsOf: URL(filePath: output))) ?? Data() : Data()
    return Answer(
      status: code, body: data,
      location: parts.dropFirst().first.flatMap { $0.isEmpty ? nil : $0 },
      tag: parts.dropFirst(2).first.flatMap { $0.isEmpty ? nil : $0 })
  }
}

/// Why a server elsewhere gave no answer.
enum RemoteServerError: Error, CustomStringConvertible {
  case unreachable(String)
  case refused(status: Int, String)

  var description: String {
    switch self {
    case .unreachable(let words): words.isEmpty ? "curl is needed, and is not here" : words
    case .refused(_, let words): words
    }
  }
}
