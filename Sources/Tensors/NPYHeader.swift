/// What an NPY header states: the one shape of Python dictionary that the format allows.
///
/// Source: NumPy's "NEP 1"; the Python language reference §2.4 and §6.2.
struct NPYHeader {
  let descriptor: String
  /// Whether the first axis is the fastest, "Fortran order".
  let isColumnMajor: Bool
  let shape: [Int]

  init(_ text: [UInt8]) throws(ArrayFileError) {
    var scanner = TextScanner(text)
    var descriptor: String?
    var isColumnMajor: Bool?
    var shape: [Int]?
    try scanner.expect("{")
    while !scanner.accept("}") {
      let key = try scanner.quoted()
      try scanner.expect(":")
      switch key {
      case "descr" where descriptor == nil: descriptor = try scanner.quoted()
      case "fortran_order" where isColumnMajor == nil: isColumnMajor = try scanner.truth()
      case "shape" where shape == nil: shape = try scanner.tuple()
      default: throw scanner.failure("descr, fortran_order and shape, each once, before")
      }
      if !scanner.accept(",") {
        try scanner.expect("}")
        break
      }
    }
    guard let descriptor, let isColumnMajor, let shape else {
      throw scanner.failure("descr, fortran_order and shape before")
    }
    try scanner.expectEnd()
    self.descriptor = descriptor
    self.isColumnMajor = isColumnMajor
    self.shape = shape
  }
}

extension TextScanner {
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
