import API
import HTTP1
import HTTPTypes
import Support
import Testing

@Suite("Limits of queries and forms") struct UploadLimitsTests {
  /// A request at a tight limit, and one beyond it, with the setting's name.
  struct Case: Sendable {
    let setting: String
    let limit: Int
    let good: (query: String, form: Form?)
    let bad: (query: String, form: Form?)
  }

  static let limits: UploadLimits = {
    var limits = UploadLimits()
    limits.parameters = 2
    limits.form.parts = 2
    limits.form.partHeader = header.utf8.count
    limits.optionBytes = 4
    return limits
  }()

  static let header = "Content-Disposition: form-data; name=\"image\"\r\n\r\n"

  static let cases: [Case] = {
    let image = Form().with("image", BadInput.picture)
    return [
      Case(
        setting: "parameters", limit: 2, good: ("quality=draft&flips=none", nil),
        bad: ("quality=draft&flips=none&scale=none", nil)),
      Case(
        setting: "parts", limit: 2, good: ("", image.with("flips", "none")),
        bad: ("", image.with("flips", "none").with("scale", "none"))),
      Case(
        setting: "part-header-bytes", limit: header.utf8.count, good: ("", image),
        bad: ("", Form().with("image", BadInput.picture, fields: "X:\r\n"))),
      Case(
        setting: "option-bytes", limit: 4, good: ("", image.with("flips", "none")),
        bad: ("", image.with("flips", "hrdv2"))),
    ]
  }()

  @Test(arguments: ["/features", "/fields"])
  func `Limits: a request at a limit is accepted, one more is refused by the setting's name`(
    path: String
  ) async throws {
    let exchange = StubService(policy: AccessPolicy(), uploads: Self.limits)
    for example in Self.cases {
      func send(_ asked: (query: String, form: Form?)) async throws -> StubService.Outcome {
        try await exchange.send(
          .post, "\(path)?\(asked.query)", type: asked.form == nil ? nil : Form.type,
          asked.form?.bytes ?? BadInput.picture)
      }
      let good = try await send(example.good)
      #expect([200, 201].contains(good.status), "\(example.setting)")
      let problem = try ProblemDocument(try await send(example.bad), example.setting)
      #expect(problem.setting == example.setting && problem.limit == Double(example.limit))
      #expect(problem.status == (example.setting == "parameters" ? 400 : 413))
    }
  }
}
