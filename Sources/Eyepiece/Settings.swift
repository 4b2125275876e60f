import Configuration
import Files
import Foundation

/// The settings in force: flag, else environment variable, else configuration file, else default.
///
/// A row of the table is a member of its own type, as in `settings.port`.
@dynamicMemberLookup
package struct Settings: Sendable {
  private let values: [String: SettingValue]

  /// Reads every setting once.
  ///
  /// `flags` holds those given on the command line by their names, `file` is a JSON object of keys
  /// and values.
  package init(
    flags: [String: String], file: String?,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) async throws {
    let rows = SettingTable.rows
    let given = rows.compactMap { row in flags[row.name].map { (row.name, row.content(of: $0)) } }
    var providers: [any ConfigProvider] = [
      Settings.provider(of: given),
      EnvironmentVariablesProvider(environmentVariables: environment)
        .prefixKeys(with: "eyepiece"),
    ]
    if let file {
      try Settings.checkKeys(of: file)
      let place = InMemoryProvider(
        values: ["filePath": ConfigValue(.string(file), isSecret: false)])
      providers.append(
        try await FileProvider<JSONSnapshot>(config: ConfigReader(provider: place)))
    }
    providers.append(Settings.provider(of: rows.map { ($0.name, $0.preset.content) }))
    let reader = ConfigReader(providers: providers)
    values = Dictionary(
      uniqueKeysWithValues: try rows.map { ($0.name, try $0.value(in: reader)) })
  }

  package subscript<Value>(
    dynamicMember row: KeyPath<SettingTable, TypedSetting<Value>>
  ) -> Value {
    let row = SettingTable.typed[keyPath: row]
    guard let value = row.typed(self[row.setting]) else {
      preconditionFailure("\(row.setting.name) is \(self[row.setting])")
    }
    return value
  }

  package subscript(setting: Setting) -> SettingValue { values[setting.name] ?? setting.preset }

  /// All settings in force as a configuration file, in which secrets are not told.
  package var json: String {
    let lines = SettingTable.rows.map { "  \"\($0.name)\": \(shown($0).json)" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}"
  }

  /// A value without what is secret in it.
  private func shown(_ row: Setting) -> SettingValue {
    if case .text(let text) = self[row] { .text(row.shown(text)) } else { self[row] }
  }

  private static func provider(of pairs: [(String, ConfigContent)]) -> InMemoryProvider {
    InMemoryProvider(
      values: Dictionary(
        uniqueKeysWithValues: pairs.map { name, content in
          (AbsoluteConfigKey([name]), ConfigValue(content, isSecret: false))
        }))
  }

  /// A key that is not read would be a mistake without a sign of it.
  private static func checkKeys(of file: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: file))
    guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw SettingError.notAnObject(file: file)
    }
    let known = Set(SettingTable.rows.map(\.name))
    for key in object.keys.sorted() where !known.contains(key) {
      throw SettingError.unknownKey(key, file: file)
    }
  }
}

extension Setting {
  fileprivate func value(in reader: ConfigReader) throws(SettingError) -> SettingValue {
    let key = ConfigKey([name])
    let value: SettingValue? =
      switch preset {
      case .text: (try? reader.requiredString(forKey: key)).map { .text($0) }
      case .flag: (try? reader.requiredBool(forKey: key)).map { .flag($0) }
      case .whole: (try? reader.requiredInt(forKey: key)).map { .whole($0) }
      case .decimal: (try? reader.requiredDouble(forKey: key)).map { .decimal($0) }
      }
    guard let value, accepts(value) else { throw .refused(self) }
    return value
  }

  /// A flag's text as a value of the setting's kind, where it is one.
  fileprivate func content(of text: String) -> ConfigContent {
    switch preset {
    case .text: .string(text)
    case .flag: Bool(text).map { .bool($0) } ?? .string(text)
    case .whole: Int(text).map { .int($0) } ?? .string(text)
    case .decimal: Double(text).map { .double($0) } ?? .string(text)
    }
  }
}

extension SettingValue {
  fileprivate var content: ConfigContent {
    switch self {
    case .text(let text): .string(text)
    case .flag(let isOn): .bool(isOn)
    case .whole(let number): .int(number)
    case .decimal(let number): .double(number)
    }
  }
}
