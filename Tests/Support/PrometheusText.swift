/// A strict reader of the text format of Prometheus, which accepts less than Prometheus does.
///
/// Source: the text-based exposition format, version 0.0.4.
package struct PrometheusText: Sendable {
  package struct Sample: Sendable {
    package let name: String
    package let labels: [String: String]
    package let value: Double
  }

  package struct Family: Sendable {
    package let name: String
    package let type: String
    package let samples: [Sample]
  }

  package struct Mistake: Error, CustomStringConvertible {
    package let description: String
  }

  package let families: [Family]

  package subscript(name: String) -> Family? { families.first { $0.name == name } }

  /// The value of the one sample with a name and labels.
  package func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
    let found = families.flatMap(\.samples).filter { $0.name == name && $0.labels == labels }
    return found.count == 1 ? found[0].value : nil
  }

  package init(_ text: String) throws {
    guard text.hasSuffix("\n"), !text.contains("\n\n"), !text.hasPrefix("\n") else {
      throw Mistake(description: "lines end with one line feed each")
    }
    var families: [Family] = []
    var lines = text.split(separator: "\n")[...]
    while let first = lines.popFirst() {
      guard let help = first.wholeMatch(of: /# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)/),
        let second = lines.popFirst(),
        let type = second.wholeMatch(of: /# TYPE ([^ ]+) (counter|gauge|histogram)/),
        help.1 == type.1
      else { throw Mistake(description: "no HELP and TYPE: \(first)") }
      try PrometheusText.checkEscapes(help.2, allowed: "\\n")
      var samples: [Sample] = []
      while let line = lines.first, !line.hasPrefix("#") {
        samples.append(try PrometheusText.sample(line))
        lines.removeFirst()
      }
      let family = Family(name: String(help.1), type: String(type.2), samples: samples)
      guard !families.contains(where: { $0.name == family.name }) else {
        throw Mistake(description: "\(family.name) comes twice")
      }
      try PrometheusText.check(family)
      families.append(family)
    }
    self.families = families
  }

  private static func sample(_ line: Substring) throws -> Sample {
    guard
      let parts = line.wholeMatch(
        of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)/)
    else { throw Mistake(description: "no sample: \(line)") }
    var labels: [String: String] = [:]
    if let list = parts.2 {
      var rest = list
      repeat {
        guard let label = rest.prefixMatch(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,?)/),
          labels[String(label.1)] == nil,
          label.3.isEmpty == (label.range.upperBound == rest.endIndex)
        else { throw Mistake(description: "no labels: \(line)") }
        try checkEscapes(label.2, allowed: "\\n\"")
        labels[String(label.1)] = String(label.2)
        rest = rest[label.range.upperBound...]
      } while !rest.isEmpty
    }
    guard let value = number(parts.3) else { throw Mistake(description: "no number: \(line)") }
    return Sample(name: String(parts.1), labels: labels, value: value)
  }

  private static func number(_ text: Substring) -> Double? {
    switch text {
    case "+Inf": .infinity
    case "-Inf": -.infinity
    case "NaN": .nan
    default:
      text.wholeMatch(of: /-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?/) == nil ? nil : Double(text)
    }
  }

  private static func checkEscapes(_ text: Substring, allowed: String) throws {
    var isEscaped = false
    for character in text {
      if isEscaped {
        guard allowed.contains(character) else {
          throw Mistake(description: "an unknown escape: \(text)")
        }
        isEscaped = false
      } else {
        isEscaped = character == "\\"
      }
    }
    if isEscaped { throw Mistake(description: "an open escape: \(text)") }
  }

  private static func check(_ family: Family) throws {
    let suffixes = family.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
    var seen: Set<String> = []
    for sample in family.samples {
      guard suffixes.contains(where: { sample.name == family.name + $0 }) else {
        throw Mistake(description: "\(sample.name) in \(family.name)")
      }
      guard seen.insert("\(sample.name)\(sample.labels.sorted { $0.key < $1.key })").inserted else {
        throw Mistake(description: "\(sample.name)\(sample.labels) comes twice")
      }
      guard family.type == "gauge" || sample.value >= 0 else {
        throw Mistake(description: "\(sample.name) is below 0")
      }
    }
    if family.type == "counter", !family.name.hasSuffix("_total") {
      throw Mistake(description: "a counter named \(family.name)")
    }
    if family.type == "histogram" { try checkBuckets(family) }
  }

  /// Every set of labels has ascending buckets, the last of them for all, and a sum and a count.
  private static func checkBuckets(_ family: Family) throws {
    let groups = Dictionary(grouping: family.samples) { $0.labels.filter { $0.key != "le" } }
    for (labels, samples) in groups {
      let buckets = samples.filter { $0.name.hasSuffix("_bucket") }
      let bounds = buckets.compactMap { $0.labels["le"].flatMap { number($0[...]) } }
      let counts = buckets.map(\.value)
      guard bounds.count == buckets.count, bounds.last == .infinity,
        zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }),
        zip(counts, counts.dropFirst()).allSatisfy({ $0 <= $1 }),
        samples.count == buckets.count + 2,
        samples.contains(where: { $0.name.hasSuffix("_sum") }),
        samples.first(where: { $0.name.hasSuffix("_count") })?.value == counts.last
      else { throw Mistake(description: "\(family.name)\(labels) is no histogram") }
    }
  }
}
