import Foundation
package import HTTP1
import HTTPTypes

/// Why a request is refused, as the client reads it.
///
/// Sent as `application/problem+json` with a further member `error`, the same text as `detail`.
/// Source: RFC 9457.
package struct Problem: Error, Sendable, Hashable {
  package let status: Int
  /// Names the kind of problem; the last part of its `type`.
  package let kind: String
  package let title: String
  package let detail: String
  /// The limit that was passed.
  package var limit: Double?
  /// The setting that holds the limit.
  package var setting: String?
  /// Seconds after which another try may succeed.
  package var retryAfter: Int?
  /// Methods that the resource knows, of a 405.
  package var allow: String?
  /// Bytes that there are, of a 416.
  package var length: Int?
  /// What to show instead, of a 401.
  package var authenticate: String?
  /// What readiness depends on.
  var checks: Readiness?
  /// The request's name.
  package var instance: String?

  package init(_ status: Int, _ kind: String, _ title: String, _ detail: String? = nil) {
    self.status = status
    self.kind = kind
    self.title = title
    self.detail = detail ?? title
  }

  /// A problem with a limit, whose text names the setting that holds it.
  init(_ status: Int, _ kind: String, _ title: String, limit: Double, setting: String) {
    self.init(
      status, kind, title,
      "\(title): the limit is \(Problem.number(limit)) (setting \(setting))")
    self.limit = limit
    self.setting = setting
  }

  init(_ status: Int, _ kind: String, _ title: String, limit: Int, setting: String) {
    self.init(status, kind, title, limit: Double(limit), setting: setting)
  }

  package var response: Response {
    var fields: HTTPFields = [.contentType: "application/problem+json"]
    if let retryAfter { fields[.retryAfter] = String(retryAfter) }
    if let allow { fields[.allow] = allow }
    if let length { fields[.contentRange] = "bytes */\(length)" }
    if let authenticate { fields[.wwwAuthenticate] = authenticate }
    return Response(
      status: HTTPResponse.Status(code: status, reasonPhrase: title), fields: fields,
      body: .bytes(document))
  }

  /// A number without a fraction when it has none.
  static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }

  private var document: [UInt8] {
    let body = Body(
      type: "/problems/\(kind)", title: title, status: status, detail: detail, error: detail,
      instance: instance, limit: limit, setting: setting, retryable: retryAfter != nil,
      checks: checks)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = (try? encoder.encode(body)) ?? Data()
    return Array(data) + [UInt8(ascii: "\n")]
  }

  private struct Body: Encodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let error: String
    let instance: String?
    let limit: Double?
    let setting: String?
    let retryable: Bool
    let checks: Readiness?
  }
}
