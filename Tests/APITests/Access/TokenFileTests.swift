import API
import Files
import Foundation
import Support
import Testing

@Suite("Token file") struct TokenFileTests {
  private let folder = TemporaryFolder()
  private let file: TokenFile
  private let now = Date(timeIntervalSince1970: 1_763_700_000)

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    file = TokenFile("\(folder.path)/tokens.json")
  }

  private func add(_ name: String) throws -> String {
    try file.change { list throws(TokenError) in try list.add(name, created: now) }
  }

  @Test
  func `TokenFile: an added token can be read, by the owner alone, and no other file remains`()
    throws
  {
    let texts = [try add("ada"), try add("bob")]
    let list = try file.read()
    #expect(texts.map { list.entry(of: $0)?.name } == ["ada", "bob"])
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["tokens.json"])
  }

  @Test func `TokenFile: a change that fails leaves the file unchanged`() throws {
    let text = try add("ada")
    #expect(throws: TokenError.nameTaken("ada")) { try add("ada") }
    #expect(try file.read().entry(of: text)?.name == "ada")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["tokens.json"])
  }

  @Test func `TokenFile: concurrent changes are excluded, so that no token is lost`() throws {
    let other = try AtomicFile(replacing: file.path)
    #expect(throws: TokenError.file(.inUse(path: "\(folder.path)/.tokens.json.draft"))) {
      try add("ada")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    withExtendedLifetime(other) {}
  }

  @Test func `TokenFile: the remains of a killed change do not disturb later ones`() throws {
    let text = try add("ada")
    try Data("half".utf8).write(to: URL(filePath: "\(folder.path)/.tokens.json.draft"))
    _ = try add("bob")
    #expect(try file.read().entry(of: text)?.name == "ada")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["tokens.json"])
  }

  @Test func `TokenFile: a missing, too large or malformed file is refused`() throws {
    #expect(throws: TokenError.file(.refused(path: file.path, code: ENOENT))) {
      try file.read()
    }
    #expect(throws: TokenError.file(.notAFile(path: folder.path))) {
      try TokenFile(folder.path).read()
    }
    try Data(count: TokenFile.byteLimit + 1).write(to: URL(filePath: file.path))
    #expect(throws: TokenError.file(.tooLarge(path: file.path, limit: TokenFile.byteLimit))) {
      try file.read()
    }
    #expect(throws: TokenError.self) { try TokenFile("/nonexistent/tokens").change { _ in } }
  }
}
