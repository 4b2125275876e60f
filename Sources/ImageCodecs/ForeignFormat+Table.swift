extension ForeignFormat {
  private static let withFiji =
    "open it in Fiji (File › Import › Bio-Formats) and choose File › Save As › Tiff"
  private static let withGwyddion = "open it in Gwyddion and choose File › Save As, TIFF"
  private static let withGIMP = "open it in GIMP and choose File › Export As, PNG or TIFF"
  private static let unpacked = "an archive is no picture; unpack it and send the picture inside"
  private static let withHDF5 =
    "export the picture as TIFF with the program that wrote it, or with h5py and tifffile"
  private static let withNumPy =
    "save the array alone with numpy.save as npy, or with tifffile as TIFF"
  private static let withoutFilm = "a film is no picture; save one of its frames as PNG"

  /// Formats with their first bytes, the more particular first.
  ///
  /// Source: the formats' own documents, where there are any; file(1); Bio-Formats, RosettaSciIO and
  /// Gwyddion for those of instruments.
  static let table: [Row] = microscopes + arrays + pictures + documents + archives

  private static let microscopes = [
    Row(
      "Zeiss CZI", [Signature("ZISRAWFILE")], "in ZEN choose File › Export, TIFF; or " + withFiji),
    Row(
      "Nikon ND2", [Signature([0xDA, 0xCE, 0xBE, 0x0A])],
      "in NIS-Elements choose File › Export to TIFF; or " + withFiji),
    Row(
      "Leica LIF", [Signature([0x70, 0, 0, 0]).and([0x2A], at: 8)],
      "in LAS X export the image as TIFF; or " + withFiji),
    Row("Olympus OIR", [Signature("OLYMPUSRAWFORMAT")], withFiji),
    Row(
      "Olympus ETS", [Signature("SIS\0")],
      "it belongs to a VSI file; open that one in Fiji (File › Import › Bio-Formats) and choose"
        + " File › Save As › Tiff"),
    Row(
      "Gatan DM3", dm(version: 3, at: 8),
      "in DigitalMicrograph (GMS) choose File › Save As, TIFF; or open it in Fiji (File › Open) and"
        + " choose File › Save As › Tiff"),
    Row(
      "Gatan DM4", dm(version: 4, at: 12),
      "in DigitalMicrograph (GMS) choose File › Save As, TIFF; or open it in Fiji (File › Import ›"
        + " Bio-Formats) and choose File › Save As › Tiff"),
    Row(
      "TIA SER", [Signature([0x49, 0x49, 0x97, 0x01])],
      "in TIA export the image as TIFF; or read it with RosettaSciIO and write it with tifffile"),
    Row(
      "Bruker BCF", [Signature("AAMVHFSS")],
      "in Esprit export the image as TIFF; or read it with RosettaSciIO and write it with tifffile"),
    Row(
      "Nanoscope AFM", ["\\*File list", "\\*Force file list", "?*File list"].map { Signature($0) },
      withGwyddion),
    Row("Gwyddion", [Signature("GWYP"), Signature("GWYO")], withGwyddion),
    Row("Nanonis SXM", [Signature(":NANONIS_VERSION:")], withGwyddion),
    Row(
      "Amira mesh", ["# AmiraMesh", "# Avizo", "# HyperMesh"].map { Signature($0) },
      "in Amira or Avizo choose File › Export Data As, 3D TIFF"),
    Row(
      "Image Cytometry Standard (ICS)", [2, 3].map { Signature("ics_version", at: $0) }, withFiji),
    Row(
      "OLE2 compound file (Olympus OIB, Zeiss ZVI, Zeiss XRM and TXM, old Office files)",
      [Signature([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])],
      "export a TIFF with the program that wrote it; or " + withFiji),
  ]

  /// Gatan's version, and the byte order at an offset.
  private static func dm(version: UInt8, at offset: Int) -> [Signature] {
    [0, 1].map { Signature([0, 0, 0, version]).and([0, 0, 0, $0], at: offset) }
  }

  private static let arrays = [
    Row(
      "MATLAB", [Signature("MATLAB 7.3 MAT-file"), Signature("MATLAB 5.0 MAT-file")],
      "in MATLAB write the array with imwrite(A, 'a.tif'); or read it with SciPy or h5py and write it"
        + " with tifffile"),
    Row(
      "HDF5 (also NeXus, EMD, Imaris IMS)",
      [0, 512, 1024, 2048].map {
        Signature([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], at: $0)
      }, withHDF5),
    Row("NetCDF", [Signature("CDF\u{1}"), Signature("CDF\u{2}"), Signature("CDF\u{5}")], withHDF5),
    Row("FITS", [Signature("SIMPLE  =")], withFiji),
    Row("DICOM", [Signature("DICM", at: 128)], withFiji),
    Row(
      "NIfTI",
      [Signature("n+1\0", at: 344), Signature("ni1\0", at: 344), Signature("n+2\0", at: 4)],
      withFiji),
    Row(
      "Analyze 7.5",
      [
        Signature([0x5C, 1, 0, 0]).and([0, 0x40, 0, 0], at: 32),
        Signature([0, 0, 1, 0x5C]).and([0, 0, 0x40, 0], at: 32),
      ], withFiji),
    Row("NRRD", [Signature("NRRD000")], withFiji),
    Row("MetaImage", [Signature("ObjectType = Image")], withFiji),
    Row(
      "VTK", [Signature("# vtk DataFile"), Signature("<VTKFile")],
      "in ParaView choose File › Save Data, TIFF"),
    Row("NumPy npz", (31...70).map { Signature("PK\u{3}\u{4}").and(".npy", at: $0) }, withNumPy),
    Row(
      "Python pickle",
      [Signature([0x80, 4, 0x95]), Signature([0x80, 5, 0x95])]
        + [2, 3].flatMap { version in
          [0x28, 0x5D, 0x63, 0x7D, 0x8A].map { Signature([0x80, version, $0]) }
        }, withNumPy),
  ]

  private static let pictures = [
    Row(
      "HEIC", ftyp("heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"),
      "open it in Preview or Photos and export it as PNG or JPEG"),
    Row("AVIF", ftyp("avif", "avis"), withGIMP),
    Row(
      "JPEG XL",
      [Signature([0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A]), jxl],
      withGIMP),
    Row(
      "JPEG XR", [Signature([0x49, 0x49, 0xBC, 0]), Signature([0x49, 0x49, 0xBC, 1])],
      "convert it with JxrDecApp -i a.jxr -o a.tif"),
    Row("Canon CR3", ftyp("crx "), "develop it with RawTherapee or darktable, and export a TIFF"),
    Row("OpenEXR", [Signature([0x76, 0x2F, 0x31, 0x01])], withGIMP),
    Row("Radiance HDR", [Signature("#?RADIANCE"), Signature("#?RGBE")], withGIMP),
    Row("Photoshop PSD", [Signature("8BPS")], "in Photoshop choose File › Save a Copy, TIFF"),
    Row("GIMP XCF", [Signature("gimp xcf")], withGIMP),
    Row("QOI", [Signature("qoif")], withGIMP),
    Row("DirectDraw DDS", [Signature("DDS ")], withGIMP),
    Row("Windows icon", [Signature([0, 0, 1, 0, 1, 0])], withGIMP),
    Row("PCX", [Signature([0x0A, 5, 1, 8])], withGIMP),
    Row("DjVu", [Signature("AT&TFORM")], "convert it with ddjvu -format=tiff"),
  ]

  /// The first bytes of a bare code stream.
  private static let jxl = Signature([0xFF, 0x0A])

  /// Files of some brands.
  ///
  /// Source: ISO/IEC 14496-12 §4.3.
  private static func ftyp(_ brands: String...) -> [Signature] {
    brands.map { Signature("ftyp", at: 4).and($0, at: 8) }
  }

  private static let documents = [
    Row("PDF", [Signature("%PDF-")], "extract its pictures with pdfimages -png"),
    Row(
      "PostScript", [Signature("%!PS"), Signature([0xC5, 0xD0, 0xD3, 0xC6])],
      "open it in Inkscape or GIMP and export it as PNG"),
    Row(
      "video",
      ftyp("isom", "iso2", "mp41", "mp42", "M4V ", "qt  ", "avc1", "3gp4", "3gp5")
        + [
          Signature("moov", at: 4), Signature("wide", at: 4), Signature("mdat", at: 4),
          Signature("RIFF").and("AVI ", at: 8), Signature([0x1A, 0x45, 0xDF, 0xA3]),
        ], withoutFilm),
    Row(
      "SQLite", [Signature("SQLite format 3\0")], "a database is no picture; export its pictures"),
  ]

  private static let archives = [
    Row(
      "Office document", [Signature("PK\u{3}\u{4}").and("[Content_Types].xml", at: 30)],
      "save the picture inside as PNG or TIFF"),
    Row(
      "ZIP", ["PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{7}\u{8}"].map { Signature($0) }, unpacked),
    Row("gzip", [Signature([0x1F, 0x8B])], unpacked),
    Row("bzip2", [Signature("BZh")], unpacked),
    Row("xz", [Signature([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])], unpacked),
    Row("Zstandard", [Signature([0x28, 0xB5, 0x2F, 0xFD])], unpacked),
    Row("7z", [Signature([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C])], unpacked),
    Row("RAR", [Signature("Rar!\u{1A}\u{7}")], unpacked),
    Row("tar", [Signature("ustar", at: 257)], unpacked),
  ]
}
