import ArgumentParser
import Eyepiece
import Foundation
import Support
import Testing

@Suite("Settings") struct SettingsTests {
  private func settings(
    flags: [String: String] = [:], json: String? = nil, environment: [String: String] = [:]
  ) async throws -> Settings {
    guard let json else {
      return try await Settings(flags: flags, file: nil, environment: environment)
    }
    let file = FileManager.default.temporaryDirectory.appending(
      path: "eyepiece-\(UUID().uuidString).json")
    try Data(json.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try await Settings(flags: flags, file: file.path, environment: environment)
  }

  /// Another value than the default that a setting may have.
  private func other(_ setting: Setting) -> SettingValue {
    switch setting.preset {
    case .text(let text):
      let candidates = setting.allowed.replacing("one of ", with: "").split(separator: ", ")
      let other = candidates.first { $0 != text && setting.accepts(.text(String($0))) }
      return .text(other.map { String($0) } ?? "other")
    case .flag: return .flag(true)
    case .whole(let number):
      return .whole(setting.accepts(.whole(number + 1)) ? number + 1 : number - 1)
    case .decimal(let number): return .decimal(number + 0.5)
    }
  }

  /// As a flag or a variable has it.
  private func text(_ value: SettingValue) -> String {
    if case .text(let text) = value { text } else { value.json }
  }

  private func row(_ name: String) throws -> Setting {
    try #require(SettingTable.rows.first { $0.name == name })
  }

  @Test(arguments: SettingTable.rows)
  func `Settings: one name is the flag, the key and the environment variable`(
    setting: Setting
  ) async throws {
    let value = other(setting)
    #expect(value != setting.preset && setting.accepts(value))
    let flags = try Flags.parse(["--\(setting.name)"] + (setting.isFlag ? [] : [text(value)]))
    #expect(flags.given.map(\.name) == [setting.name])
    #expect(flags.given.map(\.value) == [text(value)])
    let defaults = try await settings()
    for settings in [
      try await flags.settings(),
      try await settings(environment: [setting.variable: text(value)]),
      try await settings(json: "{\"\(setting.name)\": \(value.json)}"),
    ] {
      #expect(settings[setting] == value)
      for another in SettingTable.rows where another.name != setting.name {
        #expect(settings[another] == defaults[another], "\(another.name)")
      }
    }
  }

  @Test func `Settings: flags win over the environment, that over the file, that over the default`()
    async throws
  {
    let (flags, variable, file) = (
      ["tokens": "1"], ["EYEPIECE_TOKENS": "2"], #"{"tokens": 3}"#
    )
    let tokens = try row("tokens")
    #expect(
      try await settings(flags: flags, json: file, environment: variable)[tokens] == .whole(1))
    #expect(try await settings(json: file, environment: variable)[tokens] == .whole(2))
    #expect(try await settings(json: file)[tokens] == .whole(3))
    #expect(try await settings()[tokens] == .whole(70_000))
  }

  /// Values that a setting must not have, as flags.
  private func wrong(_ setting: Setting) throws -> [String] {
    switch setting.preset {
    case .text: return setting.allowed.hasPrefix("one of") ? ["other", ""] : []
    case .flag: return ["2", "maybe", ""]
    case .whole:
      let bounds = setting.allowed.matches(of: /-?[0-9]+/).compactMap { Int($0.output) }
      try #require(bounds.count == 2)
      return [String(bounds[0] - 1), String(bounds[1] + 1), "4.5", "many", ""]
    case .decimal:
      let bounds = setting.allowed.matches(of: /[0-9.]+/).compactMap { Double($0.output) }
      try #require(bounds.count == 2)
      return [String(bounds[0].nextDown), String(bounds[1].nextUp), "nan", "many", ""]
    }
  }

  @Test(arguments: SettingTable.rows)
  func `Settings: a value that may not be is refused by the setting's name and what may be`(
    setting: Setting
  ) async throws {
    for value in try wrong(setting) {
      for (flags, environment) in [
        ([setting.name: value], [:]), ([:], [setting.variable: value]),
      ] {
        await #expect("\(setting.name)=\(value)") {
          _ = try await settings(flags: flags, environment: environment)
        } throws: {
          ["--\(setting.name)", setting.variable, setting.allowed].allSatisfy("\($0)".contains)
        }
      }
    }
  }

  @Test func `Settings: origins are read, and a mistake in them is told`() async throws {
    for origins in ["", "*", "https://lab.example", "http://localhost:3000,https://lab.example"] {
      _ = try await settings(flags: ["cors-origins": origins]).crossOrigin
    }
    let wrong = try await settings(flags: ["cors-origins": "https://lab.example/"])
    #expect {
      _ = try wrong.crossOrigin
    } throws: {
      "\($0)".contains("cors-origins") && "\($0)".contains("https://lab.example/")
    }
  }

  @Test func `Settings: unknown keys, and files that are no settings, are refused`() async throws {
    await #expect {
      _ = try await settings(json: #"{"tokens": 3, "token": 4}"#)
    } throws: {
      "\($0)".contains("\"token\"")
    }
    for json in [
      "[]", "3", "", "{", #"{"tokens": "many"}"#, #"{"tokens": []}"#, #"{"host": 3}"#,
      #"{"allow-anonymous": "perhaps"}"#,
    ] {
      await #expect(throws: (any Error).self, "\(json)") { _ = try await settings(json: json) }
    }
    await #expect(throws: (any Error).self) {
      _ = try await Settings(flags: [:], file: "/nonexistent/eyepiece.json", environment: [:])
    }
  }

  @Test func `Settings: what is shown can be read again, whatever a text holds`() async throws {
    let store = try row("store")
    for text in [#"a "quoted" \ path"#, "two\nlines\u{1}", "Größe/µm", "C:\\x"] {
      let shown = try await settings(flags: ["store": text, "body-grace": "0.125"])
      #expect(shown[store] == .text(text))
      #expect(try await settings(json: shown.json).json == shown.json)
      #expect(try await settings(json: shown.json)[store] == .text(text))
    }
  }
}
