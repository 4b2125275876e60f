internal import CImage
package import Imaging

/// Reads the header of a page without decoding any pixel.
///
/// All limits are checked here. Orientation tags are ignored: rows and columns are the file's.
package func probe(_ bytes: [UInt8], page: Int = 0, limits: DecodingLimits) throws(CodecError)
  -> ImageHeader
{
  try PageReader(bytes, page: page, limits: limits).header
}

/// Decodes a page, `[height, width, channels]`, after its header has passed `probe`.
///
/// Palettes become colours, alpha and other extra samples are dropped, white-is-zero is inverted,
/// inks become colours; gamma and profiles are not applied. Colours are those of Pillow's
/// `convert("RGB")`, but 16-bit and float samples keep their depth.
package func decode(_ bytes: [UInt8], page: Int = 0, limits: DecodingLimits) throws(CodecError)
  -> Raster
{
  let reader = try PageReader(bytes, page: page, limits: limits)
  return Raster(
    size: reader.header.size, channels: reader.header.channels, samples: try reader.samples())
}

/// A page whose header is within the limits.
private struct PageReader {
  let header: ImageHeader
  private let codec: NativeCodec
  private let native: cimage_header

  init(_ bytes: [UInt8], page: Int, limits: DecodingLimits) throws(CodecError) {
    try limits.check(encodedBytes: bytes.count)
    guard let format = ImageFormat(recognising: bytes) else { throw .unrecognised }
    let directories =
      format == .tiff ? try TIFFDirectories(of: bytes, limit: limits.pages).offsets : [0]
    guard directories.indices.contains(page) else {
      throw .noSuchPage(page, pages: directories.count)
    }
    codec = NativeCodec(
      bytes: bytes, format: format, directory: directories[page], limits: limits)
    native = try codec.probe()
    let size = Size(width: Int(native.width), height: Int(native.height))
    try limits.check(width: size.width, height: size.height)
    header = ImageHeader(
      format: format, size: size, channels: Int(native.channels),
      depth: native.bits == 8 ? .uint8 : native.bits == 16 ? .uint16 : .float32,
      pages: directories.count)
  }

  func samples() throws(CodecError) -> Raster.Samples {
    try codec.decode(native, depth: header.depth)
  }
}
