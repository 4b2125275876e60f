package import ArgumentParser

/// Flags that follow from a table's rows, in place of a property for each.
///
/// ArgumentParser finds the flags of a type by reflecting it, so a mirror that shows an `Option` or
/// a `Flag` for each row declares them just as properties would.
package protocol FlagTable: ParsableArguments, CustomReflectable {
  static var rows: [FlagRow] { get }

  /// Those that were given, in the table's order; of one given twice the last.
  var given: [(name: String, value: String)] { get set }
}

/// A flag `--name value`, or `--name` alone.
package struct FlagRow: Sendable {
  let name: String
  let help: String
  var isAlone = false

  fileprivate var definition: Any {
    isAlone
      ? Flag(wrappedValue: false, name: .customLong(name), help: ArgumentHelp(help)) as Any
      : Option<String?>(name: .customLong(name), help: ArgumentHelp(help))
  }

  fileprivate func value(in container: KeyedDecodingContainer<FlagKey>) throws -> String? {
    let key = FlagKey(stringValue: name)
    guard isAlone else {
      return try container.decode(Option<String?>.self, forKey: key).wrappedValue
    }
    return try container.decode(Flag<Bool>.self, forKey: key).wrappedValue ? "true" : nil
  }
}

extension FlagTable {
  package var customMirror: Mirror {
    Mirror(self, children: Self.rows.map { (label: $0.name, value: $0.definition) })
  }

  package init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: FlagKey.self)
    for row in Self.rows {
      if let value = try row.value(in: container) { given.append((row.name, value)) }
    }
  }
}

/// Any name.
private struct FlagKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }

  init?(intValue: Int) { nil }
}
