/// Units of length as microscopes' programs write them.
enum LengthUnit {
  /// The length of a unit in metres; `nil` if it is none.
  static func metres(_ name: String) -> Double? {
    // ImageJ writes signs beyond ASCII as in Java's sources.
    let plain = name.trimmed.replacing("\\u00B5", with: "\u{B5}").replacing(
      "\\u00C5", with: "\u{C5}")
    switch plain {
    case "Mm", "Gm", "km": return nil
    default: break
    }
    switch plain.lowercased() {
    case "m", "meter", "meters", "metre", "metres": return 1
    case "cm", "centimeter", "centimeters", "centimetre": return 1e-2
    case "mm", "millimeter", "millimeters", "millimetre": return 1e-3
    // Both the sign for micro and the Greek letter.
    case "um", "\u{B5}m", "\u{3BC}m", "micron", "microns", "micrometer", "micrometers",
      "micrometre":
      return 1e-6
    case "nm", "nanometer", "nanometers", "nanometre": return 1e-9
    case "a", "\u{E5}", "\u{212B}", "angstrom", "angstroms": return 1e-10
    case "pm", "picometer", "picometers", "picometre": return 1e-12
    case "inch", "inches", "in": return 0.0254
    default: return nil
    }
  }
}

extension StringProtocol {
  /// The text without spaces and line ends around it.
  var trimmed: String {
    var rest = Substring(self)
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
