import Files
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

  /// Times that a request is made at most, with growing pauses, and seconds of absence.
  static let (retries, patience) = (20, 480)

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
      "max-time = 600", "connect-timeout = 10",
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
    let parts = try asked(lines)
    let code = parts.first.flatMap { Int($0) } ?? 0
    let isRead = into == nil || code >= 300
    let data = isRead ? (try? Data(contentsOf: URL(filePath: output))) ?? Data() : Data()
    return Answer(
      status: code, body: data,
      location: parts.dropFirst().first.flatMap { $0.isEmpty ? nil : $0 },
      tag: parts.dropFirst(2).first.flatMap { $0.isEmpty ? nil : $0 })
  }
}

extension RemoteServer {
  /// Statuses of what may pass.
  ///
  /// Source: curl(1), `--retry`.
  private static let passing = [408, 429, 500, 502, 503, 504]

  /// What curl was told to write out, line by line; tells who waits that it is asked again.
  private func asked(_ lines: [String]) throws -> [String] {
    let again = [
      "retry = \(RemoteServer.retries)", "retry-all-errors",
      "retry-max-time = \(RemoteServer.patience)",
    ]
    do {
      var result = try Curl.run(lines)
      let (status, code) = (result.status, result.parts.first.flatMap { Int($0) } ?? 0)
      if status != 0 || RemoteServer.passing.contains(code) {
        let reason = status == 0 ? "the answer is \(code)" : result.words
        report("\(base): \(reason); it is asked again for \(RemoteServer.patience / 60) minutes")
        result = try Curl.run(lines + again)
      }
      guard result.status == 0 else { throw RemoteServerError.unreachable(result.words) }
      return result.parts
    } catch is FileError {
      throw RemoteServerError.unreachable("curl is needed, and is not here")
    }
  }
}

extension Curl.Result {
  fileprivate var parts: [String] {
    output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

/// Why a server elsewhere gave no answer.
enum RemoteServerError: Error, CustomStringConvertible {
  case unreachable(String)
  case refused(status: Int, String)

  var description: String {
    switch self {
    case .unreachable(let words), .refused(_, let words): words
    }
  }
}
