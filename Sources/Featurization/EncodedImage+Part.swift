import Encoders
import LinearAlgebra
import Segmentation

extension FieldRequest {
  /// Whether the encodings that `whole` asks for hold those of this request: of all views or of the
  /// identity alone, of all layers or of some.
  ///
  /// The deepest layer must be the same: class attention and logits are of that one alone.
  func isPart(of whole: FieldRequest) -> Bool {
    let (own, all) = (encodeOptions, whole.encodeOptions)
    guard own.block == all.block, Set(own.blocks).isSubset(of: all.blocks) else { return false }
    let same = whole.with(own.blocks)
    return self == same || self == same.identityAlone
  }

  /// The request for other layers.
  fileprivate func with(_ blocks: [Int]) -> FieldRequest {
    var request = self
    request.encodeOptions.blocks = blocks
    return request
  }
}

extension EncodedImage {
  /// The encodings of a request that is a part of its own; vectors are copied where it asks for
  /// fewer layers.
  func part(_ request: FieldRequest) -> EncodedImage {
    let whole = record.request
    precondition(request.isPart(of: whole), "\(request) of \(whole)")
    let (wanted, blocks) = (request.encodeOptions.blocks, whole.encodeOptions.blocks)
    let hasAllViews = request == whole.with(wanted)
    let places = wanted.compactMap { blocks.firstIndex(of: $0) }
    return EncodedImage(
      record: record.with(request: request), canvas: canvas, patch: patch, unit: unit, grey: grey,
      guide: hasAllViews ? guide : nil, source: source,
      encodings: encodings.prefix(hasAllViews ? encodings.count : 1).map {
        $0.layers(places, of: blocks.count)
      })
  }
}

extension StoredEncoding {
  /// The encoding with some of the layers that lie side by side, by their places.
  fileprivate func layers(_ places: [Int], of count: Int) -> StoredEncoding {
    guard places != Array(0..<count) else { return self }
    let length = dim / count
    let columns = places.map { $0 * length..<($0 + 1) * length }
    let part: StoredMatrix =
      switch vectors {
      case .float32(let matrix): .float32(matrix.selected(columns))
      case .float16(let halves): .float16(halves.selected(columns))
      }
    return StoredEncoding(
      grid: grid, vectors: part, classToken: columns.flatMap { classToken[$0] },
      classAttention: classAttention, logits: logits)
  }
}

extension HalfMatrix {
  /// A copy of some ranges of columns, side by side.
  fileprivate func selected(_ columns: [Range<Int>]) -> HalfMatrix {
    let count = columns.reduce(0) { $0 + $1.count }
    var part: [UInt8] = []
    part.reserveCapacity(2 * rows * count)
    for row in 0..<rows {
      let start = row * self.columns
      for range in columns {
        part += bytes[2 * (start + range.lowerBound)..<2 * (start + range.upperBound)]
      }
    }
    return HalfMatrix(rows: rows, columns: count, littleEndian: part)
  }
}
