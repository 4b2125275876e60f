import HTTP1
import HTTPTypes
import Testing

@Suite("Conditions") struct ConditionsTests {
  static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .delete, .patch]

  /// A field's value, and whether it matches the tag `"here"` strongly and weakly.
  static let values: [(String?, strongly: Bool, weakly: Bool)] = [
    (nil, false, false), ("*", true, true), ("\"here\"", true, true),
    ("W/\"here\"", false, true), ("\"there\"", false, false),
    ("\"there\", \"here\"", true, true), ("\"there\", W/\"here\"", false, true),
    ("here", false, false), ("", false, false),
  ]

  private func head(_ method: HTTPRequest.Method, _ fields: HTTPFields) -> RequestHead {
    RequestHead(method: method, target: RequestTarget(path: "/"), fields: fields)
  }

  /// Source: RFC 9110 §13.2.2, step by step.
  @Test(arguments: methods)
  func `Conditions: If-Match is evaluated first and strongly, then If-None-Match weakly`(
    method: HTTPRequest.Method
  ) {
    let tag = EntityTag(strong: "here")
    for match in Self.values {
      for noneMatch in Self.values {
        var fields: HTTPFields = [:]
        fields[.ifMatch] = match.0
        fields[.ifNoneMatch] = noneMatch.0
        var expected = Conditions.Verdict.perform
        if match.0 != nil, !match.strongly {
          expected = .failed
        } else if noneMatch.0 != nil, noneMatch.weakly {
          expected = method == .get || method == .head ? .notModified : .failed
        }
        let conditions = Conditions(head(method, fields))
        #expect(conditions.verdict(on: tag) == expected, "\(fields)")
        #expect(conditions.isEmpty == (match.0 == nil && noneMatch.0 == nil))
      }
    }
  }

  @Test func `Conditions: a representation without a tag matches only a star`() {
    for (name, value, expected) in [
      (HTTPField.Name.ifMatch, "*", Conditions.Verdict.perform), (.ifMatch, "\"\"", .failed),
      (.ifNoneMatch, "*", .notModified), (.ifNoneMatch, "\"\"", .perform),
    ] {
      #expect(Conditions(head(.get, [name: value])).verdict(on: nil) == expected)
    }
  }

  @Test func `Conditions: a list may be spread over several fields`() {
    var fields: HTTPFields = [:]
    fields.append(HTTPField(name: .ifNoneMatch, value: "\"there\""))
    fields.append(HTTPField(name: .ifNoneMatch, value: "\"here\""))
    #expect(Conditions(head(.get, fields)).verdict(on: EntityTag(strong: "here")) == .notModified)
  }

  @Test func `Conditions: dates are ignored, since there are none`() {
    for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "nonsense"] {
      let conditions = Conditions(
        head(.get, [.ifModifiedSince: date, .ifUnmodifiedSince: date]))
      #expect(conditions.isEmpty && conditions.verdict(on: nil) == .perform)
    }
  }
}
