/// Makes JSON of what Java programs write for it: numbers that are none become null.
///
/// `NaN`, `Infinity` and `-Infinity` are replaced outside of texts; all other bytes stay. Source:
/// Gson's `serializeSpecialFloatingPointValues`, which QuPath sets.
func strictJSON(_ bytes: [UInt8]) -> [UInt8] {
  let words = ["NaN", "-Infinity", "Infinity"].map { Array($0.utf8) }
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var (place, isText) = (0, false)
  while place < bytes.count {
    let byte = bytes[place]
    let mayBegin =
      switch byte {
      case UInt8(ascii: "N"), UInt8(ascii: "I"), UInt8(ascii: "-"): !isText
      default: false
      }
    if mayBegin, let word = words.first(where: { bytes[place...].starts(with: $0) }) {
      result += Array("null".utf8)
      place += word.count
      continue
    }
    if byte == UInt8(ascii: "\"") { isText.toggle() }
    result.append(byte)
    place += 1
    // What is escaped in a text does not end it.
    if isText, byte == UInt8(ascii: "\\"), place < bytes.count {
      result.append(bytes[place])
      place += 1
    }
  }
  return result
}
