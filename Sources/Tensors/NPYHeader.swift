import Files

/// What the header of an NPY file states: the one shape of Python dictionary that the format allows.
///
/// Source: NumPy's "NEP 1", versions 1.0 to 3.0, and its manual, "Structured arrays"; the Python
/// language reference §2.4 and §6.2.
package struct NPYHeader: Sendable {
  /// What an element is.
  package enum Element: Sendable, Hashable {
    /// A number of a type such as `<f4`.
    case number(String)
    case record([Field])
  }

  /// A number in a record, or bytes between two; of these the name is empty.
  package struct Field: Sendable, Hashable {
    package let name: String
    package let type: String
  }

  package let element: Element
  /// Whether the first axis is the fastest, "Fortran order".
  package let isColumnMajor: Bool
  package let shape: [Int]
  /// Where the elements begin in the file.
  package let dataStart: Int

  /// Reads the header at the start of a file.
  ///
  /// Throws `ArrayFileError`, whose offsets about the header's text count from that text's start.
  package init(of file: [UInt8]) throws(ArrayFileError) {
    guard file.starts(with: NPY.magic) else {
      throw .malformedHeader(offset: 0, expected: "\\x93NUMPY")
    }
    guard file.count >= 8, (1...3).contains(file[6]), file[7] == 0 else {
      throw .malformedHeader(offset: 6, expected: "version 1.0, 2.0 or 3.0")
    }
    // Version 2.0 widened the length, version 3.0 allowed UTF-8 in names that are not read here.
    let textStart = file[6] == 1 ? 10 : 12
    guard file.count >= textStart else {
      throw .truncated(bytes: file.count, needed: UInt64(textStart))
    }
    let length =
      file[6] == 1 ? Int(file.integer(UInt16.self, at: 8)) : Int(file.integer(UInt32.self, at: 8))
    guard length <= NPY.headerLimit else {
      throw .headerTooLong(bytes: UInt64(length), limit: NPY.headerLimit)
    }
    dataStart = textStart + length
    guard file.count >= dataStart else {
      throw .truncated(bytes: file.count, needed: UInt64(dataStart))
    }
    var scanner = TextScanner(Array(file[textStart..<dataStart]))
    var element: Element?
    var isColumnMajor: Bool?
    var shape: [Int]?
    try scanner.expect("{")
    while !scanner.accept("}") {
      let key = try scanner.quoted()
      try scanner.expect(":")
      switch key {
      case "descr" where element == nil: element = try scanner.element()
      case "fortran_order" where isColumnMajor == nil: isColumnMajor = try scanner.truth()
      case "shape" where shape == nil: shape = try scanner.tuple()
      default: throw scanner.failure("descr, fortran_order and shape, each once, before")
      }
      if !scanner.accept(",") {
        try scanner.expect("}")
        break
      }
    }
    guard let element, let isColumnMajor, let shape else {
      throw scanner.failure("descr, fortran_order and shape before")
    }
    try scanner.expectEnd()
    guard shape.count <= NPY.axisLimit else {
      throw .tooManyAxes(count: shape.count, limit: NPY.axisLimit)
    }
    (self.element, self.isColumnMajor, self.shape) = (element, isColumnMajor, shape)
  }
}

extension NPYHeader.Element: CustomStringConvertible {
  package var description: String {
    switch self {
    case .number(let type): type
    case .record(let fields): "a record of \(fields.count) fields"
    }
  }
}

extension TextScanner {
  /// A type, or a list of pairs of a name and a type.
  fileprivate mutating func element() throws(ArrayFileError) -> NPYHeader.Element {
    guard accept("[") else { return .number(try quoted()) }
    var fields: [NPYHeader.Field] = []
    while !accept("]") {
      try expect("(")
      let name = try quoted()
      try expect(",")
      fields.append(NPYHeader.Field(name: name, type: try quoted()))
      try expect(")")
      if !accept(",") {
        try expect("]")
        break
      }
    }
    return .record(fields)
  }

  /// A string of printable ASCII in either kind of quotes, without escapes.
  fileprivate mutating func quoted() throws(ArrayFileError) -> String {
    let quote: Unicode.Scalar = accept("\"") ? "\"" : "'"
    if quote == "'" { try expect("'") }
    var text = ""
    while let byte = next, byte != UInt8(ascii: quote) {
      guard (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\\") else {
        throw failure("a printable character, no escape")
      }
      text.unicodeScalars.append(Unicode.Scalar(byte))
      advance()
    }
    try expect(quote)
    return text
  }

  fileprivate mutating func truth() throws(ArrayFileError) -> Bool {
    if accept(word: "True") { return true }
    if accept(word: "False") { return false }
    throw failure("True or False")
  }

  /// Non-negative integers in parentheses; one alone is followed by a comma.
  fileprivate mutating func tuple() throws(ArrayFileError) -> [Int] {
    try expect("(")
    var values: [Int] = []
    while !accept(")") {
      values.append(try integer())
      if values.count == 1 {
        try expect(",")
      } else if !accept(",") {
        try expect(")")
        break
      }
    }
    return values
  }
}
