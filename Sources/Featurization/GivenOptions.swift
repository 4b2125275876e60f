import Encoders
import Imaging

/// Explicit options, each at most once.
struct GivenOptions {
  private var values: [Parameter: String] = [:]

  init(_ parameters: [(name: String, value: String)]) throws(ParameterError) {
    for (name, value) in parameters {
      guard let parameter = Parameter(rawValue: name) else { throw .unknown(name: name) }
      guard values[parameter] == nil else { throw .repeated(parameter) }
      values[parameter] = value
    }
  }

  func has(_ parameter: Parameter) -> Bool { values[parameter] != nil }

  /// Several pages; `nil` where one is given, or none.
  var pages: PageChoice? { values[.page].flatMap { PageChoice($0) } }

  /// A parameter's value parsed from its text; `preset` if it is not given.
  func value<Value>(
    _ parameter: Parameter, _ preset: Value, _ make: (String) -> Value?
  ) throws(ParameterError) -> Value {
    try value(parameter, make) ?? preset
  }

  /// A parameter's value parsed from its text; `nil` if it is not given.
  func value<Value>(
    _ parameter: Parameter, _ make: (String) -> Value?
  ) throws(ParameterError) -> Value? {
    guard let text = values[parameter] else { return nil }
    guard let value = make(text) else { throw .invalid(parameter, value: text) }
    return value
  }

  /// An integer within a range; `nil` if it is not given.
  func number(
    _ parameter: Parameter, in range: ClosedRange<Int>
  ) throws(ParameterError) -> Int? {
    try value(parameter) { text in
      guard let number = Int(digits: text), range.contains(number) else { return nil }
      return number
    }
  }

  func choice<Value: RawRepresentable<String>>(
    _ parameter: Parameter, _ preset: Value
  ) throws(ParameterError) -> Value {
    try value(parameter, preset) { Value(rawValue: $0) }
  }

  /// `true` or `false`.
  func flag(_ parameter: Parameter, _ preset: Bool) throws(ParameterError) -> Bool {
    try value(parameter, preset) { Bool($0) }
  }

  func number(
    _ parameter: Parameter, _ preset: Int, in range: ClosedRange<Int>
  ) throws(ParameterError) -> Int {
    try number(parameter, in: range) ?? preset
  }

  /// One of some outputs; the first if none is given.
  func output(
    among outputs: [OutputKind]
  ) throws(ParameterError) -> OutputKind {
    guard let text = values[.output] else { return outputs[0] }
    guard let output = outputs.first(where: { $0.name == text }) else {
      throw .invalidOutput(value: text, allowed: outputs)
    }
    return output
  }

  func shifts(_ preset: [Int]) throws(ParameterError) -> [Int] {
    try value(.shifts, preset) { text in
      if text == "none" { return [] }
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let distances = parts.compactMap { Int(digits: $0) }
      guard distances.count == parts.count, distances.count <= Parameter.shiftCount,
        Set(distances).count == distances.count,
        distances.allSatisfy({ (1...Parameter.longestShift).contains($0) })
      else { return nil }
      return distances
    }
  }

  /// Different blocks counted from 0, each given as a number, as `last`, or negative from the end.
  func blocks(of depth: Int, _ preset: [Int]) throws(ParameterError) -> [Int] {
    try value(.layer, preset) { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let blocks = parts.compactMap { GivenOptions.block($0, of: depth) }
      guard blocks.count == parts.count, blocks.count <= Parameter.layerCount,
        Set(blocks).count == blocks.count
      else { return nil }
      return blocks
    }
  }

  private static func block(_ text: Substring, of depth: Int) -> Int? {
    if text == "last" { return depth - 1 }
    guard let index = Int(digits: text.hasPrefix("-") ? text.dropFirst() : text) else {
      return nil
    }
    let block = text.hasPrefix("-") ? depth - index : index
    return (0..<depth).contains(block) ? block : nil
  }

  func card(_ cards: [ModelCard], default name: String) throws(ParameterError) -> ModelCard {
    let wanted = values[.model] ?? name
    guard let card = cards.first(where: { $0.name == wanted }) else {
      throw .unknownModel(name: wanted, known: cards.map(\.name))
    }
    return card
  }
}
