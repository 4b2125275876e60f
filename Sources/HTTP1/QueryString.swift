/// The reason why a query is refused.
package enum QueryError: Error, Hashable, Sendable {
  /// A parameter that cannot be decoded, named as received, cut to `QueryString.longestQuotedName`
  /// characters.
  case malformed(parameter: String, PercentDecodingError)
  /// An equals sign without a name before it.
  case missingName
  case tooManyParameters(limit: Int)
}

/// The parameters of a query, decoded, in order.
///
/// Form encoding: pairs between ampersands, a plus for a space. A name without an equals sign has
/// the empty value; nothing between two ampersands is not a parameter. Names may be repeated: the
/// caller decides what that means. Source: WHATWG URL, `application/x-www-form-urlencoded`, without
/// its tolerance of bad escapes.
package struct QueryString: Sendable, Hashable {
  package struct Parameter: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package static let longestQuotedName = 64

  package let parameters: [Parameter]

  package init(_ text: String, parameterLimit: Int = 64) throws(QueryError) {
    var parameters: [Parameter] = []
    for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
      guard parameters.count < parameterLimit else {
        throw .tooManyParameters(limit: parameterLimit)
      }
      parameters.append(try Self.parameter(Substring(pair)))
    }
    self.parameters = parameters
  }

  private static func parameter(_ pair: Substring) throws(QueryError) -> Parameter {
    let name: Substring
    let value: Substring
    if let sign = pair.utf8.firstIndex(of: ASCII.equals) {
      name = pair[..<sign]
      value = Substring(pair.utf8[sign...].dropFirst())
    } else {
      name = pair
      value = ""
    }
    guard !name.isEmpty else { throw .missingName }
    do {
      return Parameter(
        name: try PercentDecoding.decode(name),
        value: try PercentDecoding.decode(value))
    } catch {
      throw .malformed(parameter: String(name.prefix(longestQuotedName)), error)
    }
  }
}
