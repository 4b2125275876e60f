package import Cache
import Files

/// A shared store behind HTTP: GET, HEAD and PUT of `ac/…` and `cas/…` below an address.
///
/// `eyepiece store`, nginx with DAV and bazel-remote serve it so. Source: bazel-remote's README, HTTP.
package struct HTTPShare: SharedStore {
  /// Seconds for a connection to be made.
  package static let connectTimeout = 2
  /// Seconds without any progress after which a transfer is given up.
  package static let stallTimeout = 10
  /// Bytes a second that count as progress.
  package static let slowest = 1000

  /// Without a slash at its end.
  private let base: String
  private let token: String?

  package init(at address: String, token: String?) {
    base = address.hasSuffix("/") ? String(address.dropLast()) : address
    self.token = token
  }

  package var place: String { base }

  package func contains(_ address: SharedAddress) throws(SharedStoreError) -> Bool {
    let status = try ask(address, ["head", Curl.line("output", "/dev/null")])
    return try isThere(status)
  }

  package func fetch(
    _ address: SharedAddress, to path: String, limit: Int
  ) throws(SharedStoreError) -> Bool {
    let status = try ask(
      address, [Curl.line("output", path), "fail", "max-filesize = \(limit)"])
    return try isThere(status)
  }

  package func publish(
    _ address: SharedAddress, from path: String, replacing: Bool
  ) throws(SharedStoreError) {
    if !replacing, try contains(address) { return }
    let status = try ask(
      address,
      [
        Curl.line("upload-file", path), Curl.line("output", "/dev/null"),
        Curl.line("header", "Content-Type: application/octet-stream"),
        // Its confirmation would cost a round trip.
        Curl.line("header", "Expect:"),
      ])
    switch status {
    case 200..<300: return
    case 413: throw .tooLarge(bytes: (try? FileStatus(of: path).bytes) ?? 0)
    default: throw HTTPShare.error(status)
    }
  }

  private func isThere(_ status: Int) throws(SharedStoreError) -> Bool {
    switch status {
    case 200..<300: return true
    case 404, 410: return false
    default: throw HTTPShare.error(status)
    }
  }

  private static func error(_ status: Int) -> SharedStoreError {
    (400..<500).contains(status) && ![408, 425, 429].contains(status)
      ? .refused(reason: "the answer is \(status)") : .away(reason: "the answer is \(status)")
  }

  /// The status of the answer; a 404 has one too.
  private func ask(
    _ address: SharedAddress, _ lines: [String]
  ) throws(SharedStoreError) -> Int {
    var lines = lines
    lines += [
      Curl.line("url", "\(base)/\(address.path)"), Curl.line("write-out", "%{http_code}"),
      Curl.line("proto", "=http,https"), "connect-timeout = \(HTTPShare.connectTimeout)",
      "speed-time = \(HTTPShare.stallTimeout)", "speed-limit = \(HTTPShare.slowest)",
    ]
    if let token { lines.append(Curl.authorization(token)) }
    let result: Curl.Result
    do { result = try Curl.run(lines) } catch { throw .refused(reason: "curl is not here") }
    let status = Int(result.output) ?? 0
    switch result.status {
    case 0: return status
    // That of `fail`.
    case 22 where status > 0: return status
    case 63: throw .refused(reason: "an entry is longer than it may be")
    default: throw .away(reason: result.words)
    }
  }
}
