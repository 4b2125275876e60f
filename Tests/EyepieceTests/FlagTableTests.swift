import ArgumentParser
import Eyepiece
import Testing

/// How flags that come from a table are read.
@Suite("Flags of a table") struct FlagTableTests {
  private func given(_ words: String...) throws -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: try Flags.parse(words).given.map { ($0.name, $0.value) })
  }

  @Test func `Flags: a value follows its name or an equals sign`() throws {
    for words in [["--queue-length", "7"], ["--queue-length=7"]] {
      #expect(try Flags.parse(words).given.map(\.value) == ["7"])
    }
    #expect(try given("--cors-origins=a=b,c") == ["cors-origins": "a=b,c"])
    #expect(try given("--store", "") == ["store": ""])
  }

  @Test func `Flags: a flag without a value is on, and takes none`() throws {
    #expect(
      try given("--allow-anonymous", "--port", "1") == ["allow-anonymous": "true", "port": "1"])
    #expect(throws: (any Error).self) { try given("--allow-anonymous=true") }
    #expect(throws: (any Error).self) { try given("--allow-anonymous", "false") }
  }

  @Test func `Flags: of one given twice the last is in force`() throws {
    #expect(try given("--port", "1", "--host", "h", "--port=2") == ["port": "2", "host": "h"])
  }

  @Test func `Flags: none is none`() throws {
    #expect(try given().isEmpty)
  }

  @Test func `Flags: an unknown one is refused, and one like it suggested`() throws {
    for (word, suggestion) in [("--queue-lenght", "--queue-length"), ("--prot", "--port")] {
      #expect {
        _ = try Flags.parse([word, "3"])
      } throws: {
        let message = Flags.message(for: $0)
        return message.contains(word) && message.contains(suggestion)
      }
    }
    #expect(throws: (any Error).self) { try given("-port", "3") }
    #expect(throws: (any Error).self) { try given("stray") }
  }

  @Test func `Flags: one that lacks its value is refused by name`() throws {
    for words in [["--port"], ["--port", "--host", "h"]] {
      #expect {
        _ = try Flags.parse(words)
      } throws: {
        Flags.message(for: $0).contains("--port")
      }
    }
  }

  @Test func `Flags: where a request has an option of the name, no setting takes it`() throws {
    for name in ["model", "precision", "points"] {
      #expect(throws: (any Error).self) { try ServerFlags.parse(["--\(name)", "x"]) }
      #expect(try RequestOptions.parse(["--\(name)", "x"]).given.map(\.name) == [name])
    }
    #expect(ServerFlags.rows.count == Flags.rows.count - 3)
  }
}
