import Foundation
import ImageCodecs
import Imaging

/// The part of an image file that a field looks at, read from its bytes to intensities.
///
/// The order of its steps: the page and its channels, the orientation, the crop, missing samples,
/// the levels, the size.
struct ImageReading: Sendable {
  private let request: FieldRequest
  private let limits: DecodingLimits
  /// Whether the page is one of several that are asked for, whose description is common.
  private let isOfSeveral: Bool

  init(_ request: FieldRequest, limits: DecodingLimits, isOfSeveral: Bool = false) {
    self.request = request
    self.limits = limits
    self.isOfSeveral = isOfSeveral
  }

  /// The page's channels that are decoded.
  ///
  /// Throws where channels are no colours and none is chosen, and where one does not exist.
  func channels(of header: ImageHeader) throws(FeaturizationError) -> [Int] {
    guard let choice = request.channel else {
      guard header.kind != .channels else { throw .channelNeeded(channels: header.channels) }
      return Array(0..<header.channels)
    }
    guard let indices = choice.indices(of: header.channels) else {
      throw .noSuchChannel(choice, channels: header.channels)
    }
    return indices
  }

  /// The size of the part that is looked at, before resizing.
  func size(of header: ImageHeader) throws(FeaturizationError) -> Size {
    let turned = request.orientation == .upright ? header.orientation : .upright
    let size = turned.size(of: header.size)
    guard let crop = request.crop else { return size }
    guard crop.fits(in: size) else { throw .cropOutside(crop, of: size) }
    return crop.size
  }

  /// Bytes of the decoded samples, and of the copies that are made of them.
  func bytes(of header: ImageHeader) throws(FeaturizationError) -> Int {
    let channels = try channels(of: header)
    let copies =
      1 + (request.orientation == .upright && header.orientation != .upright ? 1 : 0)
      + (request.nodata == nil ? 0 : 1)
    return header.decodedBytes(channels: channels.count) * copies
  }

  /// Intensities at the size that is encoded, and what was looked at.
  func intensities(
    _ image: [UInt8], resizedTo target: Size
  ) throws(FeaturizationError) -> (Intensities, SourceDescription) {
    let file: ImageFile
    do throws(CodecError) {
      file = try ImageFile(image, limits: limits)
    } catch {
      throw .image(error)
    }
    return try intensities(file, resizedTo: target)
  }

  /// The same of an open file.
  func intensities(
    _ file: ImageFile, resizedTo target: Size
  ) throws(FeaturizationError) -> (Intensities, SourceDescription) {
    let page = try decoded(file)
    var search = search(page.header)
    repeat { search.scan(page.raster, valid: page.valid) } while !search.endPass()
    return try intensities(of: page, search, resizedTo: target)
  }

  /// Scans the part that is looked at in one pass of a search.
  func scan(_ file: ImageFile, in search: inout LevelSearch) throws(FeaturizationError) {
    let page = try decoded(file)
    search.scan(page.raster, valid: page.valid)
  }
}

extension ImageReading {
  /// A page from which the part that is looked at was cut.
  private struct Part {
    let header: ImageHeader
    let notices: [String]
    let raster: Raster
    /// Which pixels are measurements; `nil` if all are.
    let valid: [Bool]?
  }

  private func decoded(_ file: ImageFile) throws(FeaturizationError) -> Part {
    let page: DecodedPage
    let header: ImageHeader
    do throws(CodecError) {
      header = try file.header(of: request.page)
      page = try file.decode(request.page, channels: try? channels(of: header))
    } catch {
      throw .image(error)
    }
    var raster = page.raster
    if request.channel == .mean { raster = raster.averaged() }
    if request.orientation == .upright { raster = raster.upright(from: header.orientation) }
    if let crop = request.crop {
      raster = raster.cropped(crop.y..<crop.y + crop.height, crop.x..<crop.x + crop.width)
    }
    let valid = request.nodata.flatMap { raster.validity($0) }
    if let valid, !valid.contains(true) { throw .noValidSamples }
    if valid == nil || request.nodata != .notFinite {
      let missing = raster.notFiniteCount
      guard missing == 0 else { throw .notFinite(samples: missing) }
    }
    var notices = page.notices
    if request.nodata == nil, !isOfSeveral, let marked = header.noData {
      let count = raster.validity(marked)?.count { !$0 } ?? 0
      if count > 0 {
        notices.append(
          "\(count) pixels are \(marked), which the file marks as no data; "
            + "nodata=\(marked) leaves them out.")
      }
    }
    return Part(header: header, notices: notices, raster: raster, valid: valid)
  }

  /// The search for the levels of pages with a header.
  func search(_ header: ImageHeader) -> LevelSearch {
    let isMean = request.channel == .mean && header.channels > 1
    // Fewer than 8 bits were widened to 8.
    let bits = max(8, header.stored.bits)
    let isInteger = header.stored.number == .unsigned
    return LevelSearch(
      request.scale, typeMaximum: isInteger ? pow(2, Double(bits)) - 1 : nil,
      isDeep: header.depth != .uint8, needsMedian: request.nodata != nil && !isMean)
  }

  private func intensities(
    of part: Part, _ search: LevelSearch, resizedTo target: Size
  ) throws(FeaturizationError) -> (Intensities, SourceDescription) {
    var raster = part.raster
    if let valid = part.valid { raster = raster.filled(search.median, where: valid) }
    let scanned = raster.size
    if raster.size != target { raster = raster.resized(to: target) }
    let intensities: Intensities
    do {
      intensities = try Intensities(raster, levels: search.levels)
    } catch {
      switch error {
      case .notFinite(let samples): throw .notFinite(samples: samples)
      }
    }
    let missing = part.valid?.count { !$0 } ?? 0
    return (
      intensities,
      SourceDescription(
        part.header, search.levels, outside: intensities.outside,
        pixelSize: pixelSize(part.header, scanned, target), missing: missing,
        notices: part.notices + notices(part.header, missing: missing, search))
    )
  }

  /// The extent of a pixel of the encoded image.
  private func pixelSize(_ header: ImageHeader, _ scanned: Size, _ target: Size) -> PixelSize? {
    guard let stored = header.pixelSize else { return nil }
    let isTurned = request.orientation == .upright && header.orientation.isTransposed
    let (width, height) =
      isTurned ? (stored.height, stored.width) : (stored.width, stored.height)
    return PixelSize(
      width: width * Double(scanned.width) / Double(target.width),
      height: height * Double(scanned.height) / Double(target.height))
  }

  /// What was left out or guessed, beyond what the decoder says.
  private func notices(
    _ header: ImageHeader, missing: Int, _ search: LevelSearch
  ) -> [String] {
    var notices: [String] = []
    if header.pages > 1, request.page == 0, !isOfSeveral {
      notices.append("This is page 0 of \(header.pages); page= chooses another.")
    }
    if header.orientation != .upright, request.orientation == .stored {
      notices.append(
        "The orientation tag is \(header.orientation.rawValue) and the rows are as stored; "
          + "orientation=upright turns them.")
    }
    if missing > 0, !isOfSeveral {
      notices.append(
        "\(missing) pixels without data were left out of the scale and filled with the median "
          + "\(search.median).")
    }
    return notices
  }
}
