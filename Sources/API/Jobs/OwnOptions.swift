import Featurization

/// The options of a resource that are none of fields or outputs.
struct OwnOptions {
  private var values: [String: String] = [:]

  /// Throws for an unknown one, and one that is given twice.
  init(_ options: [Upload.Option], among known: [String]) throws(Problem) {
    for (name, value) in options {
      guard known.contains(name) else { throw Problem(ParameterError.unknown(name: name)) }
      guard values.updateValue(value, forKey: name) == nil else {
        throw Problem(
          400, "repeated-parameter", "Repeated parameter", "The parameter \(name) is given twice")
      }
    }
  }

  subscript(name: String) -> String? { values[name] }

  /// A whole number within bounds; `preset` where it is not given.
  func number(
    _ name: String, _ preset: Int, in range: ClosedRange<Int>
  ) throws(Problem) -> Int {
    guard let text = values[name] else { return preset }
    guard let number = Int(digits: text), range.contains(number) else {
      throw Problem(
        400, "invalid-parameter", "Invalid parameter",
        "\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A value read from text; `nil` where it is not given.
  func value<Value>(
    _ name: String, _ allowed: String, _ read: (String) -> Value?
  ) throws(Problem) -> Value? {
    guard let text = values[name] else { return nil }
    guard let value = read(text) else {
      throw Problem(
        400, "invalid-parameter", "Invalid parameter", "\(name) is \(allowed)")
    }
    return value
  }
}
