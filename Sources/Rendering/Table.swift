import Files

/// A table of measurements, written as CSV or as the rows of a JSON document.
package struct Table: Sendable, Hashable {
  package enum Value: Sendable, Hashable {
    case text(String)
    case whole(Int)
    /// One that is not finite is written as `none`.
    case number(Double)
    case flag(Bool)
    case none

    package init(_ number: Double?) { self = number.map(Value.number) ?? .none }
  }

  package let columns: [String]
  package private(set) var rows: [[Value]] = []

  package init(_ columns: [String]) { self.columns = columns }

  package mutating func append(_ row: [Value]) {
    precondition(row.count == columns.count, "\(row.count) values for \(columns)")
    rows.append(row)
  }

  /// The table with a header line, and numbers that read the same in every country.
  ///
  /// Source: RFC 4180.
  package var csv: [UInt8] {
    var bytes = Array((columns.joined(separator: ",") + "\n").utf8)
    for row in rows {
      bytes += row.map(\.csv).joined(separator: ",").utf8
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  /// An array of objects whose members are the columns.
  package var json: String {
    let objects = rows.map { row in
      let members = zip(columns, row).map { "\($0.jsonQuoted):\($1.json)" }
      return "{\(members.joined(separator: ","))}"
    }
    return "[\(objects.joined(separator: ",\n"))]"
  }
}

extension Table.Value {
  fileprivate var csv: String {
    switch self {
    case .text(let text):
      // Programs take a cell that begins so for a formula.
      let isFormula = text.first.map { "=+-@\t\r".contains($0) } ?? false
      let safe = isFormula ? "'" + text : text
      guard safe.contains(where: { "\",\n\r".contains($0) }) else { return safe }
      return "\"\(safe.replacing("\"", with: "\"\""))\""
    case .whole(let number): return "\(number)"
    case .number(let number): return number.isFinite ? "\(number)" : ""
    case .flag(let flag): return "\(flag)"
    case .none: return ""
    }
  }

  fileprivate var json: String {
    switch self {
    case .text(let text): text.jsonQuoted
    case .whole(let number): "\(number)"
    case .number(let number): number.isFinite ? "\(number)" : "null"
    case .flag(let flag): "\(flag)"
    case .none: "null"
    }
  }
}
