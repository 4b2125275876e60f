import Cache
import Files
import Sharing
import Support
import Testing

@Suite("HTTP share") struct HTTPShareTests {
  @Test func `HTTP share: a store that nobody serves is away, whatever is asked`() throws {
    // Port 9 is that of a service that discards; nobody has it.
    let share = HTTPShare(at: "http://127.0.0.1:9/", token: nil)
    #expect(share.place == "http://127.0.0.1:9")
    let address = SharedAddress(content: SHA256.digest(of: [1]))
    let error = #expect(throws: SharedStoreError.self) { try share.contains(address) }
    guard case .away? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(throws: SharedStoreError.self) {
      try share.fetch(address, to: "/nonexistent/file", limit: 10)
    }
  }

  @Test func `curl: a value of its configuration is quoted as it reads it`() {
    #expect(Curl.line("url", #"a"b\c"#) == #"url = "a\"b\\c""#)
    #expect(Curl.line("header", "a\nb\tc\r") == #"header = "a\nb\tc\r""#)
    #expect(Curl.authorization("secret") == #"header = "Authorization: Bearer secret""#)
  }
}
