internal import CImage
import Imaging

/// JPEG 2000, in JP2 files and bare code streams, with OpenJPEG.
struct JPEG2000Decoder: PictureDecoder {
  private let calls: NativeCalls
  private let found: ImageHeader
  private let isLuminance: Bool
  /// The components that become the channels, in their order.
  private let components: [Int]

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    calls = NativeCalls(format: .jpeg2000, bytes: bytes, limits: limits)
    let boxes = try JPEG2000Header(bytes)
    let stream = try JPEG2000Stream(bytes, in: boxes.stream, limits: limits)
    let count = boxes.palette.isEmpty ? stream.components.count : boxes.palette.count
    let open = (0..<count).filter { !boxes.alpha.contains($0) }
    let kind: ImageHeader.Kind
    (kind, components) = try Self.meaning(of: open, boxes.space)
    guard components.allSatisfy({ $0 < DecodingLimits.components }), !components.isEmpty,
      components.count <= Raster.maximumChannels
    else { throw .unsupported(.jpeg2000, what: "\(count) components") }
    if case .luminance = boxes.space, kind == .colour {
      isLuminance = true
    } else {
      isLuminance = false
    }
    var notices = components.count < count ? [Notice.alpha] : []
    if !stream.hasEnd { notices.append(Notice.noEnd) }
    let stored = try Self.stored(components, boxes, stream)
    found = ImageHeader(
      format: .jpeg2000, size: stream.size, channels: components.count, kind: kind,
      depth: stored.depth, stored: stored, pixelSize: boxes.pixelSize, notices: notices)
    try limits.check(found, samples: count, from: bytes.count)
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader { found }

  /// Decodes channels of their own alone; colours are mixed from all of theirs.
  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    let chosen = header.kind == .channels ? Set(channels).sorted() : Array(components.indices)
    let mask = chosen.reduce(UInt64(0)) { $0 | 1 << UInt64(components[$1]) }
    var part = header.native
    part.channels = UInt32(chosen.count)
    // SAFETY: the call forwards what `NativeCalls` gives it, whose sizes are those of its memory.
    let decoded = unsafe try calls.decode(part, channels: chosen.count) {
      file, count, limits, header, out, room, found, fault in
      unsafe cimage_jpeg2000_decode(
        file, count, mask, isLuminance ? 1 : 0, limits, header, out, room, found, fault)
    }
    let order = channels.compactMap { chosen.firstIndex(of: $0) }
    return DecodedSamples(samples: decoded.samples.choosing(order, of: chosen.count))
  }

  /// What the components that are not alpha mean, and which are used.
  ///
  /// A fourth beside three colours is alpha, though no box says so, as other readers have it.
  private static func meaning(
    of open: [Int], _ space: JPEG2000Header.ColourSpace?
  ) throws(CodecError) -> (ImageHeader.Kind, [Int]) {
    switch (space, open.count) {
    case (.other(let name), _): throw .unsupported(.jpeg2000, what: name)
    case (_, 1): (.grey, open)
    case (.colours, 3...4), (.luminance, 3...4): (.colour, Array(open.prefix(3)))
    case (nil, 3): (.colour, open)
    default: (.channels, open)
    }
  }

  /// The numbers of the components, which must be alike.
  private static func stored(
    _ components: [Int], _ boxes: JPEG2000Header, _ stream: JPEG2000Stream
  ) throws(CodecError) -> ImageHeader.Stored {
    let kinds = components.map { index in
      boxes.palette.isEmpty
        ? (stream.components[index].bits, stream.components[index].isSigned)
        : (boxes.palette[index], false)
    }
    let (bits, isSigned) = kinds[0]
    guard kinds.allSatisfy({ $0 == (bits, isSigned) }) else {
      throw .unsupported(.jpeg2000, what: "components of several depths")
    }
    guard bits <= (isSigned ? 16 : 24) else {
      throw .unsupported(.jpeg2000, what: "\(isSigned ? "signed " : "")samples of \(bits) bits")
    }
    guard stream.components[boxes.palette.isEmpty ? components[0] : 0].steps == (1, 1) else {
      throw .unsupported(.jpeg2000, what: "a first component of fewer samples than pixels")
    }
    return ImageHeader.Stored(isSigned ? .signed : .unsigned, bits: bits)
  }
}
