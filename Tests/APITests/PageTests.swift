import API
import HTTPTypes
import Support
import Testing

/// The files of the page.
@Suite("Page") struct PageTests {
  /// The page and its parts, without those that `/docs` alone has.
  static let page = PageFile.all.filter {
    !["/docs", "/page/docs.css", "/page/docs.js", "/page/yaml.js"].contains($0.path)
  }

  @Test(arguments: PageFile.all.map(\.path))
  func `Page: a file is answered with its type, its policy and a strong tag`(path: String)
    async throws
  {
    let exchange = StubService()
    let outcome = try await exchange.send(.get, path)
    #expect(outcome.status == 200 && !outcome.body.isEmpty)
    let type =
      path.hasSuffix(".js")
      ? "text/javascript; charset=utf-8"
      : path.hasSuffix(".css")
        ? "text/css; charset=utf-8"
        : path.hasSuffix(".svg") ? "image/svg+xml" : "text/html; charset=utf-8"
    #expect(outcome.fields[.contentType] == type)
    #expect(
      outcome["Content-Security-Policy"]
        == "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        + "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'")
    #expect(outcome["X-Content-Type-Options"] == "nosniff")
    #expect(outcome["Referrer-Policy"] == "no-referrer")
    #expect(outcome["Cross-Origin-Opener-Policy"] == "same-origin")
    #expect(outcome.fields[.cacheControl] == "no-cache")
    let tag = try #require(outcome.fields[.eTag])
    #expect(tag.wholeMatch(of: /"[0-9a-f]{64}"/) != nil)
    let again = try await exchange.send(.get, path, fields: [.ifNoneMatch: tag])
    #expect(again.status == 304 && again.body.isEmpty && again.fields[.eTag] == tag)
  }

  @Test func `Page: it is compressed for those who take it, under a tag of its own`()
    async throws
  {
    let exchange = StubService()
    let plain = try await exchange.send(.get, "/page/main.js")
    for (accepted, isCompressed) in [
      ("gzip", true), ("br, GZIP;q=0.5", true), ("deflate, gzip ; q=1.0", true),
      ("gzip;q=0", false),
      ("gzip; q=0.000", false), ("br", false), ("", false), ("xgzip", false),
    ] {
      let outcome = try await exchange.send(
        .get, "/page/main.js", fields: [.acceptEncoding: accepted])
      #expect(outcome.fields[.vary] == "Accept-Encoding")
      #expect(outcome.fields[.contentEncoding] == (isCompressed ? "gzip" : nil), "\(accepted)")
      #expect((outcome.body == plain.body) == !isCompressed)
      #expect((outcome.fields[.eTag] == plain.fields[.eTag]) == !isCompressed)
    }
  }

  @Test func `Page: it needs no token`() async throws {
    let exchange = StubService(policy: AccessPolicy(tokens: TokenList()))
    for path in ["/", "/docs", "/page/main.js"] {
      #expect(try await exchange.send(.get, path).status == 200)
    }
    #expect(try await exchange.send(.get, "/models").status == 401)
  }

  @Test func `Page: its files are few bytes and short`() {
    let bytes = Self.page.reduce(0) { $0 + $1.bytes.count }
    let sent = Self.page.reduce(0) { $0 + ($1.compressed ?? $1.bytes).count }
    #expect(bytes < 189_000, "\(bytes) bytes")
    #expect(sent < 72_000, "\(sent) bytes compressed")
    for file in PageFile.all where file.path.hasSuffix(".js") {
      let lines = file.bytes.count { $0 == UInt8(ascii: "\n") }
      #expect(lines <= 300, "\(file.path)")
    }
  }

  /// Below a prefix, behind a proxy, every address is relative.
  @Test func `Page: files name each other by relative addresses, and all that they name exist`()
    throws
  {
    let paths = Set(PageFile.all.map(\.path))
    for file in PageFile.all {
      let text = String(decoding: file.bytes, as: UTF8.self)
      #expect(!text.contains(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/), "\(file.path)")
      let named =
        file.path.hasSuffix(".js")
        ? text.matches(of: /from "\.\/([^"]*)"/).map { "/page/\($0.output.1)" }
        : text.matches(of: /(?:href|src)="([^"#]*)"/).map { "/\($0.output.1)" }
      for path in named {
        let isThere = paths.contains(path) || ["/./", "/openapi.yaml"].contains(path)
        #expect(isThere, "\(file.path) names \(path)")
      }
    }
  }

  /// Otherwise the browser learns of a module when another that imports it is there.
  @Test func `Page: it asks for all its modules at once`() throws {
    let modules = Self.page.map(\.path).filter { $0.hasSuffix(".js") && $0 != "/page/main.js" }
    let page = try #require(Self.page.first { $0.path == "/" })
    let named = String(decoding: page.bytes, as: UTF8.self)
      .matches(of: /<link rel="modulepreload" href="([^"]*)">/).map { "/\($0.output.1)" }
    #expect(named.sorted() == modules.sorted())
  }

  @Test func `Page: the policy allows no script or style inside a document`() {
    for file in PageFile.all where ["/", "/docs"].contains(file.path) {
      let text = String(decoding: file.bytes, as: UTF8.self)
      #expect(!text.contains(/<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]* src=)/))
    }
  }
}
