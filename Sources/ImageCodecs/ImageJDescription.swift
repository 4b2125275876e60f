/// What ImageJ writes into the description of a stack's first page: lines of a key and a value.
///
/// Source: `ij.io.FileInfo` and `ij.io.TiffDecoder` of ImageJ 1.
struct ImageJDescription: Sendable {
  private let values: [Substring: Substring]

  /// `nil` unless the text is ImageJ's.
  init?(_ text: String) {
    guard text.hasPrefix("ImageJ=") else { return nil }
    var values: [Substring: Substring] = [:]
    // ImageJ's own texts are short, and what plugins add follows.
    for line in text.prefix(1 << 16).split(whereSeparator: \.isNewline) {
      guard let sign = line.firstIndex(of: "=") else { continue }
      values[line[..<sign]] = values[line[..<sign]] ?? line[line.index(after: sign)...]
    }
    self.values = values
  }

  private func count(_ key: Substring) -> Int {
    max(1, values[key].flatMap { Int($0.trimmed) } ?? 1)
  }

  /// Planes of the stack.
  var images: Int { count("images") }

  /// The numbers of channels, slices and frames; channels change fastest.
  var dimensions: (channels: Int, slices: Int, frames: Int) {
    (count("channels"), count("slices"), count("frames"))
  }

  /// The unit of the resolution, in metres.
  var unit: Double? { values["unit"].flatMap { LengthUnit.metres(String($0)) } }
}
