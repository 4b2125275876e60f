import ArgumentParser
import Eyepiece
import Foundation
import Support
import Testing

@Suite("Settings") struct SettingsTests {
  private func settings(
    flags: [Setting: String] = [:], json: String? = nil, environment: [String: String] = [:]
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
  private func other(_ setting: Setting) -> String {
    switch setting.kind {
    case .text: "other"
    case .flag: "true"
    case .whole(let value, let range):
      String(range.contains(value + 1) ? value + 1 : value - 1)
    case .decimal(let value, _): String(value + 0.5)
    }
  }

  private func text(_ setting: Setting, of settings: Settings) -> String {
    switch setting.kind {
    case .text: settings.text(setting)
    case .flag: String(settings.isOn(setting))
    case .whole: String(settings.whole(setting))
    case .decimal: String(settings.decimal(setting))
    }
  }

  private func json(_ setting: Setting, _ value: String) -> String {
    if case .text = setting.kind { return "{\"\(setting.rawValue)\": \"\(value)\"}" }
    return "{\"\(setting.rawValue)\": \(value)}"
  }

  @Test func `the configuration file that is shipped is the defaults, all of them, in order`()
    async throws
  {
    let file = packageFolder.appending(path: "Config/eyepiece.json")
    let shipped = try String(contentsOf: file, encoding: .utf8)
    #expect(try await settings().json + "\n" == shipped)
    #expect(
      try await Settings(flags: [:], file: file.path, environment: [:]).json + "\n" == shipped)
    let object = try JSONSerialization.jsonObject(with: Data(shipped.utf8)) as? [String: Any]
    #expect(Set(object?.keys.map { $0 } ?? []) == Set(Setting.allCases.map(\.rawValue)))
  }

  @Test(arguments: Setting.allCases)
  func `one name is the flag, the key and the environment variable`(
    setting: Setting
  ) async throws {
    let value = other(setting)
    var words = ["--\(setting.rawValue)"]
    if case .flag = setting.kind {} else { words.append(value) }
    let flags = try Flags.parse(words)
    #expect(flags.given == [setting: value])
    #expect(
      setting.variable
        == "EYEPIECE_" + setting.rawValue.uppercased().replacing("-", with: "_"))
    for settings in [
      try await settings(flags: flags.given),
      try await settings(environment: [setting.variable: value]),
      try await settings(json: json(setting, value)),
    ] {
      #expect(text(setting, of: settings) == value)
      for another in Setting.allCases where another != setting {
        #expect(
          text(another, of: settings) == text(another, of: try await self.settings()),
          "\(another)")
      }
    }
  }

  /// A program that is built for debugging does not start with a command that has a name twice.
  @Test(arguments: ["compare", "config show", "doctor", "models import", "run", "serve"])
  func `a command has each flag once`(command: String) throws {
    let words = command.split(separator: " ").map(String.init) + ["--help"]
    let help = try Program(words).end().output
    let flags = help.matches(of: /\n  (?:-[a-z], )?(--[a-z\-]+)/).map(\.1)
    #expect(flags.count > 3 && Set(flags).count == flags.count, "\(flags)")
  }

  @Test func `flags win over the environment, that over the file, that over the default`()
    async throws
  {
    let (flags, variable, file) = (
      [Setting.tokens: "1"], ["EYEPIECE_TOKENS": "2"], #"{"tokens": 3}"#
    )
    #expect(
      try await settings(flags: flags, json: file, environment: variable).whole(.tokens) == 1)
    #expect(try await settings(json: file, environment: variable).whole(.tokens) == 2)
    #expect(try await settings(json: file).whole(.tokens) == 3)
    #expect(try await settings().whole(.tokens) == 70_000)
  }

  @Test(arguments: Setting.allCases)
  func `a number outside its range, or none, is refused by the setting's name`(
    setting: Setting
  ) async throws {
    let wrong: [String]
    switch setting.kind {
    case .text: return
    case .flag: wrong = ["2", "maybe", ""]
    case .whole(_, let range):
      wrong = [String(range.lowerBound - 1), String(range.upperBound + 1), "4.5", "many", ""]
    case .decimal(_, let range):
      wrong = [
        String(range.lowerBound.nextDown), String(range.upperBound.nextUp), "nan", "many", "",
      ]
    }
    for value in wrong {
      await #expect("\(setting.rawValue)=\(value)") {
        _ = try await settings(flags: [setting: value])
      } throws: {
        "\($0)".contains("--\(setting.rawValue)") && "\($0)".contains(setting.variable)
      }
      await #expect("\(setting.variable)=\(value)") {
        _ = try await settings(environment: [setting.variable: value])
      } throws: {
        "\($0)".contains(setting.variable)
      }
    }
  }

  @Test func `origins are read, and a mistake in them is told`() async throws {
    for origins in ["", "*", "https://lab.example", "http://localhost:3000,https://lab.example"] {
      _ = try await settings(flags: [.corsOrigins: origins]).crossOrigin
    }
    let wrong = try await settings(flags: [.corsOrigins: "https://lab.example/"])
    #expect {
      _ = try wrong.crossOrigin
    } throws: {
      "\($0)".contains("cors-origins") && "\($0)".contains("https://lab.example/")
    }
  }

  @Test(arguments: [#"/data/my "best" weights"#, #"C:\weights"#, "two\nlines", "\u{1}ä😀"])
  func `Settings: what is printed of any text can be read again`(text: String) async throws {
    let printed = try await settings(flags: [.weights: text]).json
    #expect(try await settings(json: printed).text(.weights) == text)
  }

  @Test func `keys that no setting has, and files that are no settings, are refused`() async throws
  {
    await #expect {
      _ = try await settings(json: #"{"tokens": 3, "token": 4}"#)
    } throws: {
      "\($0)".contains("\"token\"")
    }
    for json in ["[]", "3", "", "{", #"{"tokens": "many"}"#, #"{"tokens": []}"#] {
      await #expect(throws: (any Error).self, "\(json)") { _ = try await settings(json: json) }
    }
    await #expect(throws: (any Error).self) {
      _ = try await Settings(flags: [:], file: "/nonexistent/eyepiece.json", environment: [:])
    }
  }

  @Test func `every setting that a problem names is one`() throws {
    let folder = packageFolder.appending(path: "Sources/API")
    var named: Set<String> = []
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    for file in files where file.hasSuffix(".swift") {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for match in source.matches(of: /setting: "([a-z-]+)"/) { named.insert(String(match.1)) }
    }
    #expect(named.count >= 15)
    #expect(named.subtracting(Setting.allCases.map(\.rawValue)).isEmpty)
  }
}
