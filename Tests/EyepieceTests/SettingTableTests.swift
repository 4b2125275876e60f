import Eyepiece
import Foundation
import Support
import Testing

/// What follows from the table's rows, held against them.
@Suite("Table of settings") struct SettingTableTests {
  static let names = SettingTable.rows.map(\.name)

  private func file(_ path: String) throws -> String {
    try String(contentsOf: packageFolder.appending(path: path), encoding: .utf8)
  }

  @Test func `Setting rows: every member of the table is one, with a name, bounds and help`() {
    let table = Mirror(reflecting: SettingTable()).children.compactMap(\.label)
    #expect(table.count == Self.names.count && table.count > 50)
    #expect(Set(Self.names).count == Self.names.count)
    for (label, row) in zip(table, SettingTable.rows) {
      let words = label.replacing(/[A-Z]/) { "-\($0.output.lowercased())" }
      #expect(words == row.name)
      #expect(row.name.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil, "\(row.name)")
      #expect(row.accepts(row.preset), "\(row.name)")
      #expect(row.help.hasSuffix(".") && !row.help.contains("|"), "\(row.name)")
      let variable = "EYEPIECE_" + row.name.uppercased().replacing("-", with: "_")
      #expect(row.variable == variable)
    }
  }

  @Test func `Setting names: those in scripts and unit files stay`() {
    for name in ["host", "port", "weights", "store", "threads", "model", "memory-bytes"] {
      #expect(Self.names.contains(name))
    }
  }

  @Test func `Configuration file: the one shipped is the defaults, all of them, in order`()
    async throws
  {
    let path = packageFolder.appending(path: "Config/eyepiece.json").path
    let shipped = try file("Config/eyepiece.json")
    let defaults = try await Settings(flags: [:], file: nil, environment: [:])
    #expect(defaults.json + "\n" == shipped)
    #expect(try await Settings(flags: [:], file: path, environment: [:]).json + "\n" == shipped)
    let keys = shipped.matches(of: #/\n  "([a-z-]+)": /#).map { String($0.1) }
    #expect(keys == Self.names)
  }

  @Test func `Documentation: the page of settings is what the table says`() throws {
    #expect(try file("docs/settings.md") == SettingTable.page, "eyepiece config describe prints it")
    for row in SettingTable.rows {
      #expect(SettingTable.page.contains("| `\(row.name)` | "), "\(row.name)")
    }
  }

  @Test func `Problems: every setting that one names is a row`() throws {
    let folder = packageFolder.appending(path: "Sources/API")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    var named: Set<String> = []
    for file in files where file.hasSuffix(".swift") {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for match in source.matches(of: /setting: "([a-z-]+)"/) { named.insert(String(match.1)) }
    }
    #expect(named.count >= 15)
    #expect(named.subtracting(Self.names).isEmpty)
  }

  /// The flags in a command's help with what is said of each.
  private func help(_ command: String) throws -> [(flag: String, words: String)] {
    let words = command.split(separator: " ").map(String.init) + ["--help"]
    let help = try Program(words).end().output
    return help.split(separator: /\n  (?=-)/).dropFirst().map { entry in
      let flag = entry.firstMatch(of: /--([a-z\-]+)/).map { String($0.1) } ?? ""
      return (flag, entry.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }
  }

  /// ArgumentParser ends a debug build's command that has a name twice.
  @Test(arguments: ["compare", "config show", "doctor", "models import", "run", "serve"])
  func `Help: a command lists every setting once, with default, values and variable`(
    command: String
  ) throws {
    let entries = try help(command)
    let flags = entries.map(\.flag)
    #expect(Set(flags).count == flags.count, "\(flags)")
    #expect(flags.contains("config"))
    for row in SettingTable.rows {
      let words = try #require(entries.first { $0.flag == row.name }?.words, "\(row.name)")
      let isOption = command == "run" && ["model", "precision", "points"].contains(row.name)
      guard !isOption else { continue }
      for part in [row.help, row.allowed, "default: ", "[\(row.variable)]"] {
        #expect(words.contains(part), "\(command) \(row.name): \(part)")
      }
    }
  }
}
