import Files
import Foundation

/// Something that an operator can set: one name for the flag, the key of the configuration file
/// and, in capitals after EYEPIECE_, the environment variable.
package struct Setting: Sendable {
  package let name: String
  /// The default; its kind is that of every value.
  package let preset: SettingValue
  /// Its values in words, as the end of "it must be".
  package let allowed: String
  /// What it means, with its unit.
  package let help: String
  package let accepts: @Sendable (SettingValue) -> Bool
  /// What may be shown of a value that holds a secret.
  package var shown: @Sendable (String) -> String = { $0 }

  /// The environment variable.
  package var variable: String {
    "EYEPIECE_" + name.uppercased().replacing("-", with: "_")
  }

  package var isFlag: Bool {
    if case .flag = preset { true } else { false }
  }
}

/// A value of a setting as flags, environment variables and files write it.
package enum SettingValue: Sendable, Hashable {
  case text(String)
  case flag(Bool)
  case whole(Int)
  case decimal(Double)

  /// Decimal numbers without a fraction are written as whole ones.
  package var json: String {
    switch self {
    case .text(let text): text.jsonQuoted
    case .flag(let isOn): String(isOn)
    case .whole(let number): String(number)
    case .decimal(let number):
      number == number.rounded() && number.magnitude < 1e15
        ? String(Int(number)) : String(number)
    }
  }
}

/// A setting with the type in which the program uses its values.
package struct TypedSetting<Value: Sendable>: Sendable {
  package let setting: Setting
  let typed: @Sendable (SettingValue) -> Value?

  /// The same setting, whose values are shown without the secret in them.
  func hiding(_ shown: @escaping @Sendable (String) -> String) -> Self {
    var setting = setting
    setting.shown = shown
    return TypedSetting(setting, typed)
  }

  private init(_ setting: Setting, _ typed: @escaping @Sendable (SettingValue) -> Value?) {
    (self.setting, self.typed) = (setting, typed)
  }

  fileprivate init(
    _ name: String, _ preset: SettingValue, _ allowed: String, _ help: String,
    typed: @escaping @Sendable (SettingValue) -> Value?
  ) {
    setting = Setting(
      name: name, preset: preset, allowed: allowed, help: help, accepts: { typed($0) != nil })
    self.typed = typed
  }
}

extension Setting {
  static func text(_ name: String, _ preset: String, _ help: String) -> TypedSetting<String> {
    TypedSetting(name, .text(preset), "text", help) {
      if case .text(let text) = $0 { text } else { nil }
    }
  }

  /// Text of which one value stands for none.
  static func optional(
    _ name: String, _ preset: String, none: String, _ help: String
  ) -> TypedSetting<String?> {
    let allowed = none.isEmpty ? "text, or empty for none" : "text, or \(none)"
    return TypedSetting(name, .text(preset), allowed, help) {
      if case .text(let text) = $0 { .some(text == none ? nil : text) } else { nil }
    }
  }

  /// On or off, and off by default.
  static func flag(_ name: String, _ help: String) -> TypedSetting<Bool> {
    TypedSetting(name, .flag(false), "true or false", help) {
      if case .flag(let isOn) = $0 { isOn } else { nil }
    }
  }

  static func whole(
    _ name: String, _ preset: Int, in range: ClosedRange<Int>, _ help: String
  ) -> TypedSetting<Int> {
    let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return TypedSetting(name, .whole(preset), allowed, help) {
      if case .whole(let number) = $0, range.contains(number) { number } else { nil }
    }
  }

  static func decimal(
    _ name: String, _ preset: Double, in range: ClosedRange<Double>, _ help: String
  ) -> TypedSetting<Double> {
    let bounds = [range.lowerBound, range.upperBound].map { SettingValue.decimal($0).json }
    let allowed = "a number from \(bounds[0]) to \(bounds[1])"
    return TypedSetting(name, .decimal(preset), allowed, help) {
      if case .decimal(let number) = $0, range.contains(number) { number } else { nil }
    }
  }

  /// A length of time, written as seconds.
  static func seconds(
    _ name: String, _ preset: Duration, in range: ClosedRange<Double>, _ help: String
  ) -> TypedSetting<Duration> {
    let row = decimal(name, preset / .seconds(1), in: range, help)
    return TypedSetting(name, row.setting.preset, row.setting.allowed, help) {
      row.typed($0).map { .seconds($0) }
    }
  }

  /// One of some values, each by its name.
  static func choice<Value: Sendable & Equatable>(
    _ name: String, _ preset: Value, of choices: [(name: String, value: Value)], _ help: String
  ) -> TypedSetting<Value> {
    guard let written = choices.first(where: { $0.value == preset })?.name else {
      preconditionFailure("\(preset) is no choice of \(name)")
    }
    let allowed = choices.map(\.name).joined(separator: ", ")
    return TypedSetting(name, .text(written), "one of \(allowed)", help) { value in
      choices.first { .text($0.name) == value }?.value
    }
  }

  /// One of an enumeration's cases.
  static func choice<Value: Sendable & Equatable & CaseIterable & RawRepresentable<String>>(
    _ name: String, _ preset: Value, _ help: String
  ) -> TypedSetting<Value> {
    choice(name, preset, of: Value.allCases.map { ($0.rawValue, $0) }, help)
  }
}
