/// Metrics in Prometheus's text format.
///
/// Source: the text-based exposition format, version 0.0.4.
package struct Exposition: Sendable {
  package typealias Labels = [(name: String, value: String)]

  package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  package private(set) var text = ""
  private var families: Set<String> = []

  package init() {}

  /// Adds a counter; its name ends in `_total`.
  package mutating func counter(
    _ name: String, _ help: String, _ samples: [(labels: Labels, value: Double)]
  ) {
    precondition(name.hasSuffix("_total"), "a counter named \(name)")
    begin(name, "counter", help)
    for sample in samples { line(name, sample.labels, sample.value) }
  }

  package mutating func counter(_ name: String, _ help: String, _ value: Int) {
    counter(name, help, [([], Double(value))])
  }

  /// Adds a gauge.
  package mutating func gauge(
    _ name: String, _ help: String, _ samples: [(labels: Labels, value: Double)]
  ) {
    begin(name, "gauge", help)
    for sample in samples { line(name, sample.labels, sample.value) }
  }

  package mutating func gauge(_ name: String, _ help: String, _ value: Double) {
    gauge(name, help, [([], value)])
  }

  package mutating func histogram(
    _ name: String, _ help: String, _ samples: [(labels: Labels, value: Histogram)]
  ) {
    begin(name, "histogram", help)
    for (labels, histogram) in samples {
      var below = 0
      for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
        below += count
        line("\(name)_bucket", labels + [("le", Exposition.number(bound))], Double(below))
      }
      line("\(name)_sum", labels, histogram.sum)
      line("\(name)_count", labels, Double(below))
    }
  }

  private mutating func begin(_ name: String, _ type: String, _ help: String) {
    precondition(Exposition.isName(name), "a metric named \(name)")
    precondition(families.insert(name).inserted, "\(name) is told twice")
    text += "# HELP \(name) \(Exposition.escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
  }

  private mutating func line(_ name: String, _ labels: Labels, _ value: Double) {
    let pairs = labels.map { label in
      precondition(Exposition.isName(label.name), "a label named \(label.name)")
      return "\(label.name)=\"\(Exposition.escaped(label.value, quotes: true))\""
    }
    let list = pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    text += "\(name)\(list) \(Exposition.number(value))\n"
  }

  private static func isName(_ text: String) -> Bool {
    let isFirst = text.utf8.first.map { isLetter($0) } ?? false
    return isFirst && text.utf8.allSatisfy { isLetter($0) || 0x30...0x39 ~= $0 }
  }

  /// Whether a byte is a letter or an underscore.
  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || byte == UInt8(ascii: "_")
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
      .replacing("\"", with: quotes ? "\\\"" : "\"")
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }
}
