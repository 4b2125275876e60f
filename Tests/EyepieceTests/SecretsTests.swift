import Eyepiece
import Testing

@Suite("Secrets") struct SecretsTests {
  private func shown(_ flags: [String: String]) async throws -> String {
    try await Settings(flags: flags, file: nil, environment: [:]).json
  }

  @Test(arguments: [
    ("postgres://ada:hidden-word@lab:5432/eyepiece", "postgres://ada:…@lab:5432/eyepiece"),
    ("postgres://ada:hidden-word@@lab/eyepiece", "postgres://ada:…@lab/eyepiece"),
    (
      "postgresql:///eyepiece?user=ada&password=hidden-word&x=1",
      "postgresql:///eyepiece?user=ada&password=…&x=1"
    ),
    ("postgres://ada@lab/eyepiece", "postgres://ada@lab/eyepiece"),
    ("postgres://lab:5432/eyepiece", "postgres://lab:5432/eyepiece"),
    ("folder/of@jobs:here", "folder/of@jobs:here"),
  ])
  func `Secrets: the password of a database is not shown`(given: String, told: String) async throws
  {
    let json = try await shown(["jobs": given])
    #expect(json.contains("\"jobs\": \"\(told)\""), "\(json)")
    #expect(!json.contains("hidden-word"))
  }

  @Test func `Secrets: a token is not shown, and that there is none is`() async throws {
    #expect(try await shown(["shared-token": "hidden-word"]).contains("\"shared-token\": \"…\""))
    #expect(try await shown([:]).contains("\"shared-token\": \"\""))
    let json = try await shown(["shared": "http://ada:hidden-word@lab:8472/"])
    #expect(json.contains("http://ada:…@lab:8472/") && !json.contains("hidden-word"))
  }
}
