import API
import Foundation
import Support
import Testing

/// Who is let in, from the operator's side.
@Suite("Tokens and the program", .timeLimit(.minutes(3))) struct AccessConfigurationTests {
  private let folder = TemporaryFolder()
  private var file: String { "\(folder.path)/tokens.json" }

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
  }

  private func token(_ words: String...) throws -> (status: Int32, output: String, errors: String) {
    try Program("token", words[0], words.dropFirst().joined(separator: " "), "--token-file", file)
      .end()
  }

  @Test func `a token is printed once, listed by name and removed`() throws {
    let added = try token("add", "ada")
    let text = added.output.trimmingCharacters(in: .newlines)
    #expect(added.status == 0 && text.wholeMatch(of: /[0-9a-f]{64}/) != nil, "\(added)")
    #expect(try TokenFile(file).read().entry(of: text)?.name == "ada")
    let list = try Program("token", "list", "--token-file", file).end()
    #expect(list.output.hasPrefix("ada\t20") && !list.output.contains(text), "\(list)")
    let again = try token("add", "ada")
    #expect(again.status != 0 && again.errors.contains("named ada already"), "\(again)")
    #expect(try token("remove", "ada").status == 0)
    let gone = try token("remove", "ada")
    #expect(gone.status != 0 && gone.errors.contains("no token named ada"), "\(gone)")
    #expect(try TokenFile(file).read().entries.isEmpty)
  }

  @Test func `without a file of tokens the command says what is missing`() throws {
    let result = try Program("token", "list").end()
    #expect(result.status != 0 && result.errors.contains("--token-file"), "\(result)")
  }

  /// Serves without weights, so that it ends by itself.
  private func serve(_ words: String...) throws -> (status: Int32, output: String, errors: String) {
    let common = ["serve", "--port", "0", "--weights", "/nonexistent", "--store", "none"]
    return try Program(common + words).end()
  }

  @Test func `an address that others can reach is served with tokens, or when that is wished`()
    throws
  {
    let open = try serve("--host", "0.0.0.0")
    #expect(open.status != 0 && open.errors.contains("--allow-anonymous"), "\(open)")
    #expect(open.errors.contains("0.0.0.0") && open.errors.contains("eyepiece token add"))
    // These go on to the weights, of which there are none.
    _ = try token("add", "ada")
    for result in [
      try serve("--host", "0.0.0.0", "--allow-anonymous"),
      try serve("--host", "0.0.0.0", "--token-file", file),
    ] {
      #expect(result.errors.contains("--weights names"), "\(result)")
    }
    #expect(try serve().errors.contains("--weights names"))
  }

  @Test func `a file of tokens that is missing or malformed lets nobody in`() throws {
    let missing = try serve("--token-file", file)
    #expect(missing.status != 0 && missing.errors.contains("No such file"), "\(missing)")
    try Data(#"{"tokens": [], "more": 1}"#.utf8).write(to: URL(filePath: file))
    let malformed = try serve("--token-file", file)
    #expect(malformed.status != 0 && malformed.errors.contains("\"more\""), "\(malformed)")
  }

  @Test(arguments: [
    ("--tls-clients", Certificates.authority, "tls-clients means nothing without tls-certificate"),
    ("--tls-key", Certificates.serverKey, "tls-key means nothing without tls-certificate"),
    ("--tls-certificate", Certificates.server, "tls-certificate needs tls-key"),
  ])
  func `half of what TLS needs is refused, and what is missing named`(
    flag: String, file: String, words: String
  ) throws {
    let result = try serve(flag, file)
    #expect(result.status != 0 && result.errors.contains(words), "\(result)")
  }

  /// The status of an answer to a request with a token.
  private func status(_ port: Int, _ token: String) throws -> Int? {
    let client = try RawClient(port: port)
    try client.send(
      "GET /models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n"
    )
    let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
    return answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  }

  @Test(.enabled(if: Program.haveWeights(for: "Tokens read again")))
  func `SIGHUP has the tokens read again, and wrong ones leave the former in force`() async throws {
    let tokens = TokenFile(file)
    let add = { (name: String) throws(TokenError) -> String in
      try tokens.change { list throws(TokenError) in try list.add(name, created: .now) }
    }
    let ada = try add("ada")
    let program = try Program(
      "serve", "--port", "0", "--weights", Program.weights.path, "--store", "none",
      "--token-file", file)
    defer { program.process.terminate() }
    let port = try #require(program.port())
    #expect(try status(port, ada) == 200)
    let bob = try add("bob")
    #expect(try status(port, bob) == 401)
    kill(program.process.processIdentifier, SIGHUP)
    #expect(await eventually { (try? status(port, bob)) == 200 })
    try Data("no tokens".utf8).write(to: URL(filePath: file))
    kill(program.process.processIdentifier, SIGHUP)
    #expect(await eventually { program.errors.contains("Not reloaded") })
    #expect(try status(port, bob) == 200)
    program.process.terminate()
    let (code, _, errors) = program.end()
    #expect(code == 0, "\(errors)")
    #expect(!errors.contains(ada) && !errors.contains(bob))
    #expect(errors.contains("client=bob") && errors.contains("route=/models"))
  }
}
