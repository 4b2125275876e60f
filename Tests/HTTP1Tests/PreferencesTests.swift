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

  @Test(
    arguments: [
      ([], nil), (["wait=10"], 10), (["respond-async, wait=0"], 0), (["Wait = 7 ; a=b"], 7),
      (["wait=5, wait=9"], 5), (["wait=5", "wait=9"], 5), (["wait"], nil), (["wait="], nil),
      (["wait=-1"], nil), (["wait=1.5"], nil), (["await=3"], nil),
      (["wait=99999999999999999999"], nil),
    ] as [([String], Int?)])
  func `Preferences: the seconds to wait are whole ones`(values: [String], seconds: Int?) {
    var fields: HTTPFields = [:]
    for value in values { fields.append(HTTPField(name: .prefer, value: value)) }
    #expect(Preferences(fields).wait == seconds)
  }
}
