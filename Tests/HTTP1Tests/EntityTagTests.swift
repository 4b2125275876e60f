import HTTP1
import Testing

@Suite("Entity tags") struct EntityTagTests {
  @Test(arguments: ["", "a", "xyzzy", "a,b", "*", "W/", "\\", "ä", "!#~"])
  func `EntityTag: a written tag is read again`(opaque: String) throws {
    let tag = EntityTag(strong: opaque)
    #expect(EntityTag(tag.text) == tag)
    let weak = try #require(EntityTag("W/" + tag.text))
    #expect(weak.isWeak && weak.opaque == opaque && weak.text == "W/" + tag.text)
    #expect(EntityTags("\(tag.text), \(weak.text)") == .listed([tag, weak]))
  }

  @Test(arguments: [
    "", "a", "\"a", "a\"", "\"a\"b", " \"a\"", "\"a\" ", "w/\"a\"", "W/a", "W /\"a\"", "\"a b\"",
    "\"a\"\"b\"", "\"a\u{7F}\"", "\"a\tb\"", "*",
  ])
  func `EntityTag: any other text is refused`(text: String) {
    #expect(EntityTag(text) == nil)
  }

  /// Source: RFC 9110 §8.8.3.2, its table.
  @Test(arguments: [
    ("W/\"1\"", "W/\"1\"", false, true), ("W/\"1\"", "W/\"2\"", false, false),
    ("W/\"1\"", "\"1\"", false, true), ("\"1\"", "\"1\"", true, true),
  ])
  func `EntityTag: tags are compared strongly and weakly`(
    one: String, other: String, strongly: Bool, weakly: Bool
  ) throws {
    let (one, other) = try (#require(EntityTag(one)), #require(EntityTag(other)))
    #expect(one.isStrongly(other) == strongly && other.isStrongly(one) == strongly)
    #expect(one.isWeakly(other) == weakly && other.isWeakly(one) == weakly)
  }

  @Test(arguments: [
    ("\"a\"", ["a"]), ("\"a\",\"b\"", ["a", "b"]), ("\"a\" ,\t\"b\" ", ["a", "b"]),
    (",, \"a\" ,,\"b\",", ["a", "b"]), ("\"a,b\", W/\"c\"", ["a,b", "c"]), ("\"*\"", ["*"]),
    ("", []), (",", []),
  ])
  func `EntityTags: a list holds its tags in order`(text: String, expected: [String]) {
    guard case .listed(let tags) = EntityTags(text) else {
      Issue.record("\(text) is any")
      return
    }
    #expect(tags.map(\.opaque) == expected)
  }

  @Test(arguments: ["a", "\"a\", b", "\"a\" \"b\"", "\"a\", *", "*, \"a\"", "\"a", "**"])
  func `EntityTags: a malformed list is empty`(text: String) {
    #expect(EntityTags(text) == .listed([]))
  }

  @Test(arguments: ["*", " *", "*\t"])
  func `EntityTags: a star matches any tag`(text: String) {
    #expect(EntityTags(text) == .any)
  }
}
