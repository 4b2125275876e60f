/// A class that a user paints: its id stands in label images, and is never given to another.
package struct LabelClass: Sendable, Hashable, Codable {
  /// The ids of no class: of what is unlabelled, and of what is to be left out.
  package static let unlabelled: UInt8 = 0
  package static let ignored: UInt8 = 255

  /// Most classes that a classifier has.
  package static let mostClasses = 254
  /// Most bytes of a name, in UTF-8.
  package static let longestName = 200

  /// 1 to 254.
  package let id: UInt8
  package let name: String
  package let color: Color

  package struct Color: Sendable, Hashable {
    package let red: UInt8
    package let green: UInt8
    package let blue: UInt8

    package init(red: UInt8, green: UInt8, blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }
  }

  package init(id: UInt8, name: String, color: Color) {
    (self.id, self.name, self.color) = (id, name, color)
  }

  /// Seven colours that are told apart without red and green, in the order of their use.
  ///
  /// Source: Okabe & Ito 2008, without black.
  package static let palette: [Color] = [
    Color(red: 0xD5, green: 0x5E, blue: 0x00), Color(red: 0x56, green: 0xB4, blue: 0xE9),
    Color(red: 0xF0, green: 0xE4, blue: 0x42), Color(red: 0x00, green: 0x9E, blue: 0x73),
    Color(red: 0xCC, green: 0x79, blue: 0xA7), Color(red: 0x00, green: 0x72, blue: 0xB2),
    Color(red: 0xE6, green: 0x9F, blue: 0x00),
  ]

  /// A class named for its id, with the colour whose turn it is.
  package static func unnamed(_ id: UInt8) -> LabelClass { LabelClass(id, named: "class \(id)") }

  /// A class with the colour whose turn it is.
  package init(_ id: UInt8, named name: String) {
    let place = (Int(id) + LabelClass.palette.count - 1) % LabelClass.palette.count
    self.init(id: id, name: name, color: LabelClass.palette[place])
  }

  /// Checks a classifier's classes together.
  package static func check(_ classes: [LabelClass]) throws(SegmentationError) {
    guard classes.count <= mostClasses else {
      throw .badClasses(reason: "there are \(classes.count) classes; the limit is \(mostClasses)")
    }
    guard Set(classes.map(\.id)).count == classes.count else {
      throw .badClasses(reason: "two classes have one id")
    }
    for one in classes {
      guard one.id != unlabelled, one.id != ignored else {
        throw .badClasses(reason: "\(one.id) is no class's id")
      }
      let isPlain = one.name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
      guard isPlain, !one.name.isEmpty, one.name.utf8.count <= longestName else {
        throw .badClasses(
          reason: "a name has 1 to \(longestName) bytes and no control characters")
      }
    }
  }
}

extension LabelClass.Color: Codable, LosslessStringConvertible {
  /// Reads `#rrggbb`.
  package init?(_ description: String) {
    let digits = Array(description.utf8)
    guard digits.count == 7, digits[0] == UInt8(ascii: "#"),
      digits.dropFirst().allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let value = UInt32(description.dropFirst(), radix: 16)
    else { return nil }
    self.init(
      red: UInt8(value >> 16), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255))
  }

  package var description: String {
    let digits = String(UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue), radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let color = LabelClass.Color(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "color \(text)")
    }
    self = color
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
