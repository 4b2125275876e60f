import ArgumentParser
import Featurization

/// Every setting as a flag, and `--config`.
package struct Flags: SettingFlags {
  package static let rows = flagRows(of: SettingTable.rows)
  package var given: [(name: String, value: String)] = []

  package init() {}
}

/// The settings of whose names a request has no option.
package struct ServerFlags: SettingFlags {
  package static let rows = flagRows(
    of: SettingTable.rows.filter { Parameter(rawValue: $0.name) == nil })
  package var given: [(name: String, value: String)] = []

  package init() {}
}

package protocol SettingFlags: FlagTable {}

extension SettingFlags {
  private static var config: String { "config" }

  fileprivate static func flagRows(of settings: [Setting]) -> [FlagRow] {
    [FlagRow(name: config, help: "A JSON file of settings.")]
      + settings.map { FlagRow(name: $0.name, help: $0.flagHelp, isAlone: $0.isFlag) }
  }

  /// The settings in force with these flags.
  package func settings() async throws -> Settings {
    var flags = Dictionary(uniqueKeysWithValues: given.map { ($0.name, $0.value) })
    let file = flags.removeValue(forKey: Self.config)
    return try await Settings(flags: flags, file: file)
  }
}

extension Setting {
  /// Meaning, default, values and environment variable.
  fileprivate var flagHelp: String {
    "\(help) (default: \(presetText); \(allowed)) [\(variable)]"
  }
}
