import Foundation
package import HTTP1
import HTTPTypes

/// An error answer to a request.
///
/// Sent as `application/problem+json` with a further member `error`, the same text as `detail`.
/// Source: RFC 9457.
package struct Problem: Error, Sendable, Hashable {
  package let status: Int
  /// The kind of problem, which is the last part of its `type`.
  package let kind: String
  package let title: String
  package internal(set) var detail: String
  /// The limit that was exceeded.
  package var limit: Double?
  /// The setting that holds the limit.
  package var setting: String?
  /// Seconds after which the request may be repeated.
  package var retryAfter: Int?
  /// Methods of the resource, for `Allow` in a 405.
  package var allow: String?
  /// Total bytes of the representation, for a 416.
  package var length: Int?
  /// The challenge of a 401.
  package var authenticate: String?
  /// The checks of `/readyz`.
  var checks: Readiness?
  /// What is wrong with which jobs of a batch.
  var places: [BadPlace]?
  /// The request's identifier.
  package var instance: String?

  package init(_ status: Int, _ kind: String, _ title: String, _ detail: String? = nil) {
    self.status = status
    self.kind = kind
    self.title = title
    self.detail = detail ?? title
  }

  /// A problem with a limit; its text names the setting that holds the limit, then the way out.
  init(
    _ status: Int, _ kind: String, _ title: String, limit: Double, setting: String,
    wayOut: String? = nil
  ) {
    self.init(
      status, kind, title,
      "\(title): the limit is \(Problem.number(limit)) (setting \(setting))"
        + (wayOut.map { "; \($0)" } ?? ""))
    self.limit = limit
    self.setting = setting
  }

  init(
    _ status: Int, _ kind: String, _ title: String, limit: Int, setting: String,
    wayOut: String? = nil
  ) {
    self.init(status, kind, title, limit: Double(limit), setting: setting, wayOut: wayOut)
  }

  package var response: Response {
    var fields: HTTPFields = [.contentType: "application/problem+json"]
    if let retryAfter { fields[.retryAfter] = String(retryAfter) }
    if let allow { fields[.allow] = allow }
    if let length { fields[.contentRange] = "bytes */\(length)" }
    if let authenticate { fields[.wwwAuthenticate] = authenticate }
    return Response(
      status: HTTPResponse.Status(code: status, reasonPhrase: title), fields: fields,
      body: .bytes(bytes))
  }

  /// A number as text, without a fraction if it is whole.
  static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }

  /// The document.
  var bytes: [UInt8] {
    let body = Body(
      type: "/problems/\(kind)", title: title, status: status, detail: detail, error: detail,
      instance: instance, limit: limit, setting: setting, retryable: retryAfter != nil,
      checks: checks, places: places)
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
    let places: [BadPlace]?
  }
}

/// A job of a batch that cannot be taken.
struct BadPlace: Sendable, Hashable, Encodable {
  /// The job's index, counted from 0.
  let place: Int
  let type: String
  let status: Int
  let detail: String

  init(_ place: Int, _ problem: Problem) {
    (self.place, type) = (place, "/problems/\(problem.kind)")
    (status, detail) = (problem.status, problem.detail)
  }
}
