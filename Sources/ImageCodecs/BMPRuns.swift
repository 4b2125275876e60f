import Imaging

/// Run lengths of palette indices, of 8 bits (RLE8) or 4 (RLE4).
///
/// Source: Windows' documentation, "Bitmap compression".
struct BMPRuns {
  let size: Size
  let bits: Int

  /// The indices of all pixels, rows in the file's order; pixels that the runs skip have index 0.
  ///
  /// Runs are cut at the end of a row, as other readers do.
  func indices(in data: ArraySlice<UInt8>) throws(CodecError) -> ([UInt8], notices: [String]) {
    let (width, height) = (size.width, size.height)
    var indices = [UInt8](repeating: 0, count: width * height)
    var (x, y, written) = (0, 0, 0)
    var rest = data.makeIterator()
    func put(_ index: UInt8) {
      if x < width, y < height {
        indices[y * width + x] = index
        written += 1
      }
      x += 1
    }
    while y < height {
      guard let count = rest.next(), let value = rest.next() else {
        guard written == width * height else {
          throw .truncated(.bmp, reason: "the file ends before its last pixel")
        }
        return (indices, [Notice.noEnd])
      }
      switch (count, value) {
      case (0, 0): (x, y) = (0, y + 1)
      case (0, 1):
        let skipped = width * height - written
        return (indices, skipped > 0 ? ["\(skipped) pixels are not in the file"] : [])
      case (0, 2):
        guard let right = rest.next(), let down = rest.next() else {
          throw .truncated(.bmp, reason: "the file ends before its last pixel")
        }
        (x, y) = (x + Int(right), y + Int(down))
      case (0, _):
        for index in try literal(Int(value), &rest) { put(index) }
      default:
        for place in 0..<Int(count) {
          put(bits == 8 ? value : place % 2 == 0 ? value >> 4 : value & 15)
        }
      }
    }
    let skipped = width * height - written
    return (indices, skipped > 0 ? ["\(skipped) pixels are not in the file"] : [])
  }

  /// Indices as they are, in whole words of two bytes.
  private func literal(
    _ count: Int, _ rest: inout IndexingIterator<ArraySlice<UInt8>>
  ) throws(CodecError) -> [UInt8] {
    let length = bits == 8 ? count : (count + 1) / 2
    var indices: [UInt8] = []
    for _ in 0..<length {
      guard let byte = rest.next() else {
        throw .truncated(.bmp, reason: "the file ends before its last pixel")
      }
      if bits == 8 { indices.append(byte) } else { indices += [byte >> 4, byte & 15] }
    }
    // The last byte of a file may be left out where it only fills a word.
    if length % 2 == 1 { _ = rest.next() }
    return Array(indices.prefix(count))
  }
}
