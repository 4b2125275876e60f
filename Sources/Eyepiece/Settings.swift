import Configuration
import Files
import Foundation

/// The settings in force: flag, else environment variable, else configuration file, else default.
package struct Settings: Sendable {
  private var texts: [Setting: String] = [:]
  private var numbers: [Setting: Double] = [:]
  private var switches: [Setting: Bool] = [:]

  /// Reads every setting once.
  ///
  /// `flags` holds those given on the command line, `file` is a JSON object of keys and values.
  package init(
    flags: [Setting: String], file: String?,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) async throws {
    var providers: [any ConfigProvider] = [
      InMemoryProvider(values: Settings.values(flags.map { ($0.key, $0.value) })),
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
    providers.append(
      InMemoryProvider(values: Settings.values(Setting.allCases.map { ($0, $0.preset) })))
    let reader = ConfigReader(providers: providers)
    for setting in Setting.allCases {
      try read(setting, from: reader)
    }
  }

  package func text(_ setting: Setting) -> String { texts[setting] ?? "" }

  package func whole(_ setting: Setting) -> Int { Int(numbers[setting] ?? 0) }

  package func decimal(_ setting: Setting) -> Double { numbers[setting] ?? 0 }

  package func isOn(_ setting: Setting) -> Bool { switches[setting] ?? false }

  package func duration(_ setting: Setting) -> Duration { .seconds(decimal(setting)) }

  /// All settings in force as a configuration file.
  package var json: String {
    let lines = Setting.allCases.map { setting in
      switch setting.kind {
      case .text: "  \"\(setting.rawValue)\": \(text(setting).jsonQuoted)"
      case .flag: "  \"\(setting.rawValue)\": \(isOn(setting))"
      case .whole: "  \"\(setting.rawValue)\": \(whole(setting))"
      case .decimal: "  \"\(setting.rawValue)\": \(decimal(setting).formatted)"
      }
    }
    return "{\n" + lines.joined(separator: ",\n") + "\n}"
  }

  private mutating func read(_ setting: Setting, from reader: ConfigReader) throws {
    let key = ConfigKey([setting.rawValue])
    switch setting.kind {
    case .text:
      texts[setting] = try reader.requiredString(forKey: key)
    case .flag:
      guard let isOn = try? reader.requiredBool(forKey: key) else {
        throw SettingError.neitherOnNorOff(setting)
      }
      switches[setting] = isOn
    case .whole(_, let range):
      numbers[setting] = Double(try checked(setting, range) { try reader.requiredInt(forKey: key) })
    case .decimal(_, let range):
      numbers[setting] = try checked(setting, range) { try reader.requiredDouble(forKey: key) }
    }
  }

  private func checked<Number: Comparable>(
    _ setting: Setting, _ range: ClosedRange<Number>, _ read: () throws -> Number
  ) throws -> Number {
    guard let value = try? read(), range.contains(value) else {
      throw SettingError.outOfRange(
        setting, allowed: "\(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private static func values(
    _ pairs: [(Setting, String)]
  ) -> [AbsoluteConfigKey: ConfigValue] {
    Dictionary(
      uniqueKeysWithValues: pairs.map { setting, text in
        let content: ConfigContent =
          switch setting.kind {
          case .text: .string(text)
          case .flag: Bool(text).map(ConfigContent.bool) ?? .string(text)
          case .whole: Int(text).map(ConfigContent.int) ?? .string(text)
          case .decimal: Double(text).map(ConfigContent.double) ?? .string(text)
          }
        return (AbsoluteConfigKey([setting.rawValue]), ConfigValue(content, isSecret: false))
      })
  }

  /// A key that nobody reads is a mistake that nobody would notice.
  private static func checkKeys(of file: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: file))
    guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw SettingError.notAnObject(file: file)
    }
    for key in object.keys.sorted() where Setting(rawValue: key) == nil {
      throw SettingError.unknownKey(key, file: file)
    }
  }
}

extension Setting {
  /// The default as text.
  fileprivate var preset: String {
    switch kind {
    case .text(let value): value
    case .flag: "false"
    case .whole(let value, _): String(value)
    case .decimal(let value, _): value.formatted
    }
  }
}

extension Double {
  /// Without a fraction when there is none.
  fileprivate var formatted: String {
    self == rounded() && magnitude < 1e15 ? String(Int(self)) : String(self)
  }
}

/// What is wrong with a setting, in words for the operator.
package enum SettingError: Error, CustomStringConvertible {
  case outOfRange(Setting, allowed: String)
  case neitherOnNorOff(Setting)
  case unknownKey(String, file: String)
  case notAnObject(file: String)
  case unknownLevel(String)
  case unknownFormat(String)
  case notAnOrigin(String)
  case unknownHalfClose(String)
  case noCertificate(Setting)
  case noKey
  case unusableFile(Setting, path: String)
  case noTLS

  package var description: String {
    switch self {
    case .outOfRange(let setting, let allowed):
      "\(setting.rawValue) must be a number from \(allowed) "
        + "(--\(setting.rawValue), \(setting.variable), or that key in the configuration file)"
    case .neitherOnNorOff(let setting):
      "\(setting.rawValue) must be true or false "
        + "(--\(setting.rawValue), \(setting.variable), or that key in the configuration file)"
    case .unknownKey(let key, let file): "\(file): there is no setting \"\(key)\""
    case .notAnObject(let file): "\(file) is not a JSON object of settings"
    case .notAnOrigin(let text):
      "cors-origins: \"\(text)\" is no origin such as https://lab.example or http://localhost:3000"
    case .unknownFormat(let format): "log-format \"\(format)\": \(Setting.logFormat.help)"
    case .unknownHalfClose(let text): "half-close \"\(text)\": it is cancel or nothing"
    case .noCertificate(let setting):
      "\(setting.rawValue) means nothing without tls-certificate: TLS would not be spoken at all"
    case .noKey: "tls-certificate needs tls-key: \(Setting.tlsKey.help)"
    case .unusableFile(let setting, let path):
      "\(setting.rawValue): \(path) cannot be read, or is not what it should be: \(setting.help)"
    case .noTLS: "OpenSSL refused to be set up for TLS"
    case .unknownLevel(let level): "log-level \"\(level)\": \(Setting.logLevel.help)"
    }
  }
}
