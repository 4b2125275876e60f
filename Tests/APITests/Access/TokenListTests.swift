import API
import Files
import Foundation
import Support
import Testing

@Suite("Tokens") struct TokenListTests {
  private let day = Date(timeIntervalSince1970: 1_763_700_000)

  private func list(_ names: [String]) throws -> (TokenList, [String: String]) {
    var list = TokenList()
    var texts: [String: String] = [:]
    for name in names { texts[name] = try list.add(name, created: day) }
    return (list, texts)
  }

  @Test func `TokenList: a token is accepted under its own name, and no other text is`() throws {
    let names = (0..<40).map { "user\($0)" }
    let (list, texts) = try list(names)
    #expect(Set(texts.values).count == names.count)
    for name in names {
      let text = try #require(texts[name])
      #expect(text.wholeMatch(of: /[0-9a-f]{64}/) != nil)
      #expect(list.entry(of: text)?.name == name)
      for other in [
        "", String(text.dropLast()), text + "0", text.uppercased(), " " + text,
        SHA256.digest(of: Array(text.utf8)).description,
      ] where other != text {
        #expect(list.entry(of: other) == nil, "\(other)")
      }
    }
  }

  @Test func `TokenList: the file contains no token, and is read back as an equal list`() throws {
    var (list, texts) = try list(["ada", "b.c-d_e@lab"])
    texts["eve"] = try list.add("eve", created: day, work: 3, bytes: 1 << 33)
    let json = String(decoding: list.json, as: UTF8.self)
    for (name, text) in texts {
      #expect(json.contains(name) && !json.contains(text))
    }
    #expect(try TokenList(json: list.json) == list)
    #expect(try TokenList(json: list.json).entries.last?.bytes == 1 << 33)
  }

  @Test func `TokenList: a name is taken once, and free again after removal`() throws {
    var (list, texts) = try list(["ada", "bob"])
    #expect(throws: TokenError.nameTaken("ada")) { try list.add("ada", created: day) }
    try list.remove("ada")
    #expect(throws: TokenError.noSuchName("ada")) { try list.remove("ada") }
    #expect(list.entry(of: try #require(texts["ada"])) == nil)
    #expect(list.entry(of: try #require(texts["bob"]))?.name == "bob")
    #expect(try list.add("ada", created: day) != texts["ada"])
  }

  @Test(arguments: [
    "", " ", "-a", ".a", "a b", "a\n", "a\"", "a{b}", "ä", String(repeating: "a", count: 65),
    "a/b", "a\u{0}",
  ])
  func `TokenList: a name unfit for logs or metrics is refused`(name: String) {
    var list = TokenList()
    #expect(throws: TokenError.badName(name)) { try list.add(name, created: day) }
  }

  @Test func `TokenList: limits below 1 are refused`() {
    var list = TokenList()
    for limit in [0, -1, Int.min] {
      #expect(throws: TokenError.badLimit(name: "a")) {
        try list.add("a", created: day, work: limit)
      }
      #expect(throws: TokenError.badLimit(name: "a")) {
        try list.add("a", created: day, bytes: limit)
      }
    }
  }

  static let hash = String(repeating: "0a", count: 32)
  static let entry =
    #"{"name": "ada", "sha256": "\#(hash)", "created": "2026-11-21T00:00:00Z"}"#

  @Test func `TokenList: a well-formed file is read`() throws {
    for text in [#"{"tokens": []}"#, #"{"tokens": [\#(Self.entry)]}"#] {
      _ = try TokenList(json: Array(text.utf8))
    }
  }

  @Test(arguments: [
    "", "[]", "{}", "null", #"{"tokens": 1}"#, #"{"tokens": [1]}"#, #"{"tokens": [{}]}"#,
    #"{"tokens": [], "more": 1}"#, #"{"tokens": [\#(entry), \#(entry)]}"#,
    #"{"tokens": [\#(entry.replacing("}", with: #", "wrok": 1}"#))]}"#,
    #"{"tokens": [\#(entry.replacing("}", with: #", "work": 0}"#))]}"#,
    #"{"tokens": [\#(entry.replacing("}", with: #", "work": 1.5}"#))]}"#,
    #"{"tokens": [\#(entry.replacing("}", with: #", "bytes": 99999999999999999999}"#))]}"#,
    #"{"tokens": [\#(entry.replacing(hash, with: String(hash.dropLast())))]}"#,
    #"{"tokens": [\#(entry.replacing("T00", with: " 00"))]}"#,
    #"{"tokens": [\#(entry.replacing("ada", with: "a a"))]}"#,
    #"{"tokens": ["#, "\u{0}", #"{"tokens": []}{}"#,
  ])
  func `TokenList: a malformed file is refused, whatever is wrong with it`(text: String) {
    #expect(throws: TokenError.self) { try TokenList(json: Array(text.utf8)) }
  }

  @Test func `TokenList: a truncated or damaged file is refused or read, never a crash`() throws {
    let bytes = try list(["ada", "bob"]).0.json
    var chance = SeededNumbers(seed: 5)
    for end in 0..<(bytes.count - 2) {
      #expect(throws: TokenError.self) { try TokenList(json: Array(bytes[..<end])) }
    }
    for _ in 0..<2000 {
      var damaged = bytes
      damaged[chance.below(bytes.count)] = UInt8(chance.below(256))
      _ = try? TokenList(json: damaged)
    }
  }

  @Test func `Digest: digests match when they are equal, and differ in any bit otherwise`() {
    let digest = SHA256.digest(of: [1, 2, 3])
    #expect(digest.matches(SHA256.digest(of: [1, 2, 3])))
    for bit in 0..<256 {
      var bytes = digest.bytes
      bytes[bit / 8] ^= 1 << (bit % 8)
      let other = Digest(bytes: bytes)
      #expect(other.map(digest.matches) == false)
    }
  }

  @Test func `Random bytes: as many as requested, and never the same`() {
    #expect(randomBytes(0).isEmpty && randomBytes(33).count == 33)
    #expect(Set((0..<100).map { _ in randomBytes(16) }).count == 100)
  }
}
