import Imaging

/// The pages of a TIFF that show pictures, and where each lies.
struct TIFFPages: Sendable {
  struct Page: Sendable {
    /// The offset of its directory.
    let directory: Int
    /// Its number among the planes behind that directory.
    var plane = 0
    /// The image of an OME-TIFF that it belongs to; `nil` where the file does not say.
    var image: Int?
  }

  let file: TIFFBytes
  private(set) var pages: [Page]
  /// Why there may be more pages than these.
  private(set) var missing: CodecError?
  /// What was found about the pages as a whole, one sentence each.
  private(set) var notices: [String] = []
  private let pixelSize: TIFFPixelSize

  init(of file: TIFFBytes, limit: Int) throws(CodecError) {
    self.file = file
    let chain = try TIFFChain(of: file, limit: limit)
    let links = chain.links
    let pictures = links.filter(\.showsPicture)
    // The pictures may be behind the break.
    if pictures.isEmpty, let fault = chain.fault { throw fault }
    let first = TIFFDirectory(at: (pictures.first ?? links[0]).offset, in: file)
    let description = links.first.map { TIFFDirectory(at: $0.offset, in: file).text(270) } ?? ""
    let imageJ = ImageJDescription(description)
    let ome = OMEDescription(description)
    pixelSize = TIFFPixelSize(first: first, imageJ: imageJ, ome: ome)
    pages = (pictures.isEmpty ? links : pictures).map { Page(directory: $0.offset) }
    missing = chain.fault
    if pictures.isEmpty {
      notices.append(TIFFNotices.onlyThumbnails)
    } else if pictures.count < links.count {
      notices.append(TIFFNotices.passedOver(links.count - pictures.count))
    }
    if let ome, pages.count > 1 || missing != nil { try order(links, by: ome) }
    if pages.count == 1, missing == nil { addPlanes(of: first, imageJ: imageJ, limit: limit) }
    if let missing { notices.append(TIFFNotices.missing(missing, after: pages.count)) }
    if let imageJ, pages.count > 1 { describe(imageJ) }
  }

  func pixelSize(of page: Int) -> PixelSize? {
    pixelSize(
      of: TIFFDirectory(at: pages[page].directory, in: file), image: pages[page].image)
  }

  /// The value that GDAL's tag marks as no measurement.
  func noData(of page: Int) -> NoData? {
    let text = TIFFDirectory(at: pages[page].directory, in: file).text(42113)
    return NoData(text.trimmed.lowercased())
  }

  /// Adds the planes that follow one another behind the only directory.
  private mutating func addPlanes(
    of directory: TIFFDirectory, imageJ: ImageJDescription?, limit: Int
  ) {
    // MetaMorph's stacks have one value of tag 33629 for each plane.
    let planes = max(directory.count(of: 33629), imageJ?.images ?? 1)
    guard planes > 1 else { return }
    guard let held = Self.planesHeld(by: directory, in: file), held > 1 else {
      notices.append(TIFFNotices.onePlane(of: planes))
      return
    }
    let offset = pages[0].directory
    pages = (0..<min(planes, limit)).map { Page(directory: offset, plane: $0) }
    if planes > limit { missing = .tooManyPages(limit: limit) }
  }

  /// Whole planes in the file behind a directory's first strip; `nil` if they cannot be.
  private static func planesHeld(by directory: TIFFDirectory, in file: TIFFBytes) -> Int? {
    guard directory.integer(259) ?? 1 == 1, let width = directory.integer(256),
      let height = directory.integer(257), let start = directory.integer(273),
      start <= file.bytes.count
    else { return nil }
    var bits = width
    var overflows = false
    for factor in [directory.integer(277) ?? 1, directory.integer(258) ?? 1] {
      let product = bits.multipliedReportingOverflow(by: factor)
      bits = product.partialValue
      overflows = overflows || product.overflow
    }
    let row = bits / 8 + (bits % 8 == 0 ? 0 : 1)
    let (bytes, isTooLarge) = row.multipliedReportingOverflow(by: height)
    guard !overflows, !isTooLarge, bytes > 0 else { return nil }
    return (file.bytes.count - start) / bytes
  }

  /// Orders pages by an OME-XML; those before one that was not reached stay.
  private mutating func order(_ links: [TIFFChain.Link], by ome: OMEDescription) throws(CodecError)
  {
    guard !ome.isOneOfSeveralFiles else {
      notices.append(TIFFNotices.oneOfSeveralFiles)
      return
    }
    guard let order = ome.order(ofDirectories: missing == nil ? links.count : .max) else {
      notices.append(TIFFNotices.otherOrder)
      return
    }
    let reached = order.prefix { $0.directory < links.count }
    if reached.isEmpty, let missing { throw missing }
    if missing == nil, order.count < pages.count {
      notices.append(TIFFNotices.notNamed(pages.count - order.count))
    }
    pages = reached.map { Page(directory: links[$0.directory].offset, image: $0.image) }
    if let pixels = ome.images.first, ome.images.count == 1, pixels.channels > 1 {
      let names = pixels.order.dropFirst(2)
      let counts = ["Z": pixels.z, "C": pixels.channels, "T": pixels.t]
      notices.append(TIFFNotices.order(names.map { (String($0), counts[String($0)] ?? 1) }))
    }
  }

  /// Says how channels, slices and frames are counted.
  private mutating func describe(_ imageJ: ImageJDescription) {
    let (channels, slices, frames) = imageJ.dimensions
    guard channels > 1,
      channels.multipliedReportingOverflow(by: slices).overflow == false,
      (channels * slices).multipliedReportingOverflow(by: frames).partialValue == pages.count
    else { return }
    notices.append(TIFFNotices.order([("C", channels), ("Z", slices), ("T", frames)]))
  }
}
