import Foundation
import HTTPTypes
import Support
import Testing
import Yams

/// A YAML document, navigated by keys.
struct Node: @unchecked Sendable {  // SAFETY: the document is never changed after reading.
  let value: Any?

  subscript(key: String) -> Node { Node(value: (value as? [String: Any])?[key]) }
  var keys: [String] { (value as? [String: Any])?.keys.sorted() ?? [] }
  var items: [Node] { (value as? [Any] ?? []).map { Node(value: $0) } }
  var text: String? { value as? String }
  var texts: [String] { items.compactMap(\.text) }

  /// All references in the document.
  var references: [String] {
    if let object = value as? [String: Any] {
      return object.flatMap { key, value in
        key == "$ref" ? [value as? String ?? ""] : Node(value: value).references
      }
    }
    return items.flatMap(\.references)
  }

  /// The target of a local reference.
  func resolve(_ reference: String) -> Node {
    reference.split(separator: "/").dropFirst().reduce(self) { $0[String($1)] }
  }
}

/// `openapi.yaml`, with which every answer in these tests must comply.
struct Contract: Sendable {
  static let shared = Contract()

  let document: Node

  private init() {
    let file = packageFolder.appending(path: "openapi.yaml")
    let text = try? String(contentsOf: file, encoding: .utf8)
    document = Node(value: text.flatMap { try? Yams.load(yaml: $0) })
  }

  /// Fields that are described once for all answers.
  private static let general: Set<String> = [
    "content-type", "cache-control", "vary", "allow", "retry-after", "access-control-allow-origin",
    "access-control-expose-headers", "x-request-id", "traceparent", "ratelimit", "ratelimit-policy",
  ]

  /// Fields that only some of an operation's answers have.
  private static let particular: Set<String> = [
    "eyepiece-loss", "eyepiece-notice", "eyepiece-views", "eyepiece-labels",
    "content-encoding", "link", "idempotent-replayed", "inference-header-content-length",
  ]

  /// Fields that an answer lacks that rests on a part of the views.
  private static let lasting: Set<String> = ["etag", "accept-ranges", "eyepiece-classifier"]

  /// Checks that an answer's status, type and fields are listed in the document.
  func check(_ outcome: StubService.Outcome, to method: HTTPRequest.Method, _ path: String) {
    guard method != .options, outcome.status != 405, let operation = operation(method, path) else {
      return
    }
    let listed = operation["responses"]["\(outcome.status)"]
    let response = listed["$ref"].text.map(document.resolve) ?? listed
    let name = "\(method) \(path): \(outcome.status)"
    guard response.value != nil else {
      Issue.record("\(name) is not listed")
      return
    }
    let fields = Set(response["headers"].keys.map { $0.lowercased() })
    let sent = Set(outcome.fields.map { $0.name.canonicalName })
    #expect(sent.subtracting(Contract.general).isSubset(of: fields), "\(name)")
    // A client that names the tag of a part has the other fields.
    if outcome.status != 206 {
      var due = fields.subtracting(Contract.general).subtracting(Contract.particular)
      if sent.contains("eyepiece-views"), outcome.fields[.eTag] == nil {
        due.subtract(Contract.lasting)
      }
      // A model's own head is no classifier that is kept, and posted labels are measured without one.
      if path.hasPrefix("/features") || path.contains("/logits")
        || method == .post && path.contains("/measurements")
      {
        due.remove("eyepiece-classifier")
      }
      #expect(due.isSubset(of: sent), "\(name)")
    }
    let types = response["content"].keys
    guard !types.isEmpty, let type = outcome.fields[.contentType] else { return }
    let isListed = types.contains { type == $0 || type.hasPrefix("\($0);") }
    #expect(isListed, "\(name): \(type)")
  }

  private func operation(_ method: HTTPRequest.Method, _ path: String) -> Node? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let known = document["paths"].keys.first { pattern in
      let wanted = pattern.split(separator: "/", omittingEmptySubsequences: false)
      return wanted.count == parts.count
        && zip(wanted, parts).allSatisfy {
          $0 == $1 || $0 == "{file}" || $0 == "{model}" || $0.hasPrefix("{") && $1.count >= 36
        }
    }
    let method = method == .head ? "get" : method.rawValue.lowercased()
    let operation = known.map { document["paths"][$0][method] }
    return operation?.value == nil ? nil : operation
  }
}
