import ImageCodecs
import Testing

@Suite("Foreign formats") struct ForeignFormatTests {
  private static func bytes(_ parts: (Int, [UInt8])...) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 2200)
    for (offset, part) in parts { bytes.replaceSubrange(offset..<offset + part.count, with: part) }
    return bytes
  }

  private static func text(_ text: String, at offset: Int = 0) -> (Int, [UInt8]) {
    (offset, Array(text.utf8))
  }

  private static func box(_ brand: String) -> [UInt8] {
    bytes((0, [0, 0, 0, 24]), text("ftyp" + brand, at: 4))
  }

  /// A format's usual name, and first bytes of a file.
  static let files: [(String, [UInt8])] = [
    ("Zeiss CZI", bytes(text("ZISRAWFILE"))),
    ("Nikon ND2", bytes((0, [0xDA, 0xCE, 0xBE, 0x0A]))),
    ("Leica LIF", bytes((0, [0x70, 0, 0, 0, 20, 1, 0, 0, 0x2A]))),
    ("Olympus OIR", bytes(text("OLYMPUSRAWFORMAT"))),
    ("Olympus ETS", bytes(text("SIS\0"))),
    ("Gatan DM3", bytes((0, [0, 0, 0, 3, 0, 0, 1, 0xF4, 0, 0, 0, 1]))),
    ("Gatan DM4", bytes((0, [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1, 0xF4, 0, 0, 0, 1]))),
    ("TIA SER", bytes((0, [0x49, 0x49, 0x97, 0x01, 0x20, 2]))),
    ("Bruker BCF", bytes(text("AAMVHFSS"))),
    ("Nanoscope AFM", bytes(text("\\*File list\r\n"))),
    ("Gwyddion", bytes(text("GWYPGwyContainer"))),
    ("Nanonis SXM", bytes(text(":NANONIS_VERSION:\n2\n"))),
    ("Amira mesh", bytes(text("# AmiraMesh BINARY-LITTLE-ENDIAN 2.1\n"))),
    ("Image Cytometry Standard (ICS)", bytes(text("\t\nics_version\t2.0\n"))),
    (
      "OLE2 compound file (Olympus OIB, Zeiss ZVI, Zeiss XRM and TXM, old Office files)",
      bytes((0, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]))
    ),
    ("MATLAB", bytes(text("MATLAB 5.0 MAT-file, Platform: GLNXA64"))),
    (
      "MATLAB",
      bytes(text("MATLAB 7.3 MAT-file"), (512, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]))
    ),
    (
      "HDF5 (also NeXus, EMD, Imaris IMS)",
      bytes((0, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]))
    ),
    (
      "HDF5 (also NeXus, EMD, Imaris IMS)",
      bytes((2048, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]))
    ),
    ("NetCDF", bytes(text("CDF\u{1}"))),
    ("FITS", bytes(text("SIMPLE  =                    T"))),
    ("DICOM", bytes(text("DICM", at: 128))),
    ("NIfTI", bytes((0, [0x5C, 1, 0, 0]), text("n+1\0", at: 344))),
    ("NIfTI", bytes((0, [0x1C, 2, 0, 0]), text("n+2\0", at: 4))),
    ("Analyze 7.5", bytes((0, [0x5C, 1, 0, 0]), (32, [0, 0x40, 0, 0]))),
    ("NRRD", bytes(text("NRRD0005\n"))),
    ("MetaImage", bytes(text("ObjectType = Image\n"))),
    ("VTK", bytes(text("# vtk DataFile Version 3.0\n"))),
    ("NumPy npz", bytes(text("PK\u{3}\u{4}"), text("arr_0.npy", at: 30))),
    ("Python pickle", bytes((0, [0x80, 4, 0x95, 20]))),
    ("Python pickle", bytes((0, [0x80, 2, 0x7D]))),
    ("HEIC", box("heic")), ("HEIC", box("mif1")), ("AVIF", box("avif")), ("Canon CR3", box("crx ")),
    ("JPEG XL", bytes((0, [0xFF, 0x0A]))),
    (
      "JPEG XL",
      bytes((0, [0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A]))
    ),
    ("JPEG XR", bytes((0, [0x49, 0x49, 0xBC, 1]))),
    ("OpenEXR", bytes((0, [0x76, 0x2F, 0x31, 1]))),
    ("Radiance HDR", bytes(text("#?RADIANCE\n"))),
    ("Photoshop PSD", bytes(text("8BPS"))),
    ("GIMP XCF", bytes(text("gimp xcf v011"))),
    ("QOI", bytes(text("qoif"))),
    ("DirectDraw DDS", bytes(text("DDS "))),
    ("Windows icon", bytes((0, [0, 0, 1, 0, 1, 0]))),
    ("PCX", bytes((0, [0x0A, 5, 1, 8]))),
    ("DjVu", bytes(text("AT&TFORM"))),
    ("PDF", bytes(text("%PDF-1.7\n"))),
    ("PostScript", bytes(text("%!PS-Adobe-3.0 EPSF-3.0\n"))),
    ("PostScript", bytes((0, [0xC5, 0xD0, 0xD3, 0xC6]))),
    ("video", box("mp42")), ("video", box("qt  ")), ("video", bytes(text("RIFF\0\0\0\0AVI "))),
    ("video", bytes((0, [0x1A, 0x45, 0xDF, 0xA3]))),
    ("SQLite", bytes(text("SQLite format 3\0"))),
    ("Office document", bytes(text("PK\u{3}\u{4}"), text("[Content_Types].xml", at: 30))),
    ("ZIP", bytes(text("PK\u{3}\u{4}"), text("data/zarr.json", at: 30))),
    ("gzip", bytes((0, [0x1F, 0x8B, 8]))),
    ("bzip2", bytes(text("BZh91AY"))),
    ("xz", bytes((0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]))),
    ("Zstandard", bytes((0, [0x28, 0xB5, 0x2F, 0xFD]))),
    ("7z", bytes((0, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]))),
    ("RAR", bytes(text("Rar!\u{1A}\u{7}"))),
    ("tar", bytes(text("a.txt"), text("ustar", at: 257))),
    ("Git LFS pointer", Array("version https://git-lfs.github.com/spec/v1\noid sha256:00".utf8)),
    ("SVG", Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8)),
    ("SVG", Array("<?xml version='1.0'?>\n<!-- a -->\n<svg>".utf8)),
    ("HTML", Array("\n <!DOCTYPE html><html>".utf8)), ("HTML", Array("<HTML><body>é".utf8)),
    ("XML", Array("\u{FEFF}<?xml version='1.0'?><a/>".utf8)),
    ("JSON", Array("{\"a\": 1}".utf8)), ("JSON", Array("[[1, 2]]".utf8)),
    ("plain text", Array("x,y\n1,2\n3,4\n".utf8)),
  ]

  @Test(arguments: files.indices)
  func `Foreign formats: each is named, with a way to one that is read`(index: Int) throws {
    let (name, bytes) = Self.files[index]
    let format = try #require(ForeignFormat(recognising: bytes))
    #expect(format.name == name)
    #expect(format.advice.count > 20 && !format.advice.hasSuffix("."))
    #expect(throws: CodecError.foreign(format)) {
      try ImageFile(bytes, limits: DecodingLimits())
    }
  }

  @Test func `Foreign formats: no picture of the fixtures is taken for one`() throws {
    for name in Set(Fixture.all.map(\.file)) {
      let bytes = try Fixture.bytes(of: name)
      #expect(ImageFormat(recognising: bytes) != nil, "\(name)")
      if let foreign = ForeignFormat(recognising: bytes) {
        #expect(foreign.name == "plain text" && name.hasPrefix("text."), "\(name)")
      }
    }
  }

  @Test func `Foreign formats: a signature cut short is none`() {
    for (name, bytes) in Self.files where bytes.count == 2200 {
      let end = bytes.lastIndex { $0 != 0 } ?? 0
      let format = ForeignFormat(recognising: Array(bytes.prefix(min(2, end))))
      #expect(format?.name != name || ["gzip", "JPEG XL"].contains(name), "\(name)")
    }
  }
}
