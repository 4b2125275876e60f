import HTTP1
import HTTPTypes
import Testing

@Suite("Preferences") struct PreferencesTests {
  @Test(
    arguments: [
      ([], false), (["respond-async"], true), (["Respond-Async"], true),
      (["return=minimal, respond-async"], true), (["wait=10", "respond-async"], true),
      (["foo, respond-async"], true),
      (["respond-async; foo=bar"], true), (["respond-async, wait=100"], true),
      (["return=minimal"], false), (["respond-asynchronously"], false), ([""], false),
      ([#"note="a, respond-async, b""#], false), (["respond-async=1"], false), ([",,,"], false),
      (["\u{1}, respond-async"], true),
    ] as [([String], Bool)])
  func `Preferences: respond-async is found among others, and nothing else is taken for it`(
    values: [String], isThere: Bool
  ) {
    var fields: HTTPFields = [:]
    for value in values { fields.append(HTTPField(name: .prefer, value: value)) }
    #expect(Preferences(fields).respondsAsynchronously == isThere)
  }
}
