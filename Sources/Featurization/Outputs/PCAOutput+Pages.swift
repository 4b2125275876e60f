import Encoders
import Fields
import ImageCodecs
import Imaging
import Rendering
import Scheduling
import Tensors

/// Components of several pages: an array, one picture of all, or a TIFF of a picture for each.
///
/// Colours mean the same on every page: the components are those of all pages together, and so is
/// the range from 0 to 255.
extension PCAOutput {
  package func holdsAllPages(in format: FeatureRequest.Format) -> Bool {
    vectors.sharesComponents || format == .png || format == .tiff
  }

  package func prepare(_ pages: PagesQuery) throws(FeaturizationError) -> PagesRendering {
    let format = pages.request.format
    guard format == .png || format == .tiff else { return try vectors.array(pages) }
    let (selection, size) = (vectors.places.selection, pages.size(of: vectors.places.grid))
    try selection.check(in: size)
    let window = selection.window(of: size)
    let area = size.width * size.height
    let held = try pages.bytes(projectingOn: vectors.components ?? 0)
    guard format == .png else {
      return PagesRendering(bytes: held + 2 * PCAOutput.pictureBytes * area) { encoder in
        try await pictures(pages, window, encoder)
      }
    }
    let sheet = ContactSheet.size(of: pages.pages.count, window.size)
    let limits = pages.service.fields.limits.decoding
    let (pixels, overflows) = sheet.width.multipliedReportingOverflow(by: sheet.height)
    guard !overflows, pixels <= limits.pixels, max(sheet.width, sheet.height) <= limits.side else {
      throw .pictureTooLarge(limit: limits.pixels, pixels: overflows ? .max : pixels)
    }
    let made = PCAOutput.sheetBytes * pixels + PCAOutput.pictureBytes * area
    return PagesRendering(bytes: held + made) { encoder in
      try await self.sheet(pages, window, encoder)
    }
  }

  /// Bytes per pixel of a page's values and colours.
  private static let pictureBytes = 20
  /// Bytes per pixel of the sheet, and of its file.
  private static let sheetBytes = 8

  /// A picture of all pages side by side.
  private func sheet(
    _ pages: PagesQuery, _ window: Window, _ encoder: OutputEncoder
  ) async throws -> RenderedOutput {
    let projected = try await pages.projection(vectors).pages
    return try await pages.service.inTurn(bytes: 0, pages.owner) { () throws -> RenderedOutput in
      let range = self.range(of: projected, encoder)
      var sheet: ContactSheet?
      for page in 0..<projected.count {
        let picture = picture(projected[page], range, window, encoder)
        sheet =
          sheet
          ?? ContactSheet(of: projected.count, picture.size, channels: picture.channels)
        sheet?.place(picture, at: page)
      }
      guard let sheet else { preconditionFailure("a sheet of no page") }
      return try encoder.picture(sheet.raster, of: .all)
    }
  }

  /// `[pages, height, width, channels]` of 8 bits, each page made when it goes out.
  private func pictures(
    _ pages: PagesQuery, _ window: Window, _ encoder: OutputEncoder
  ) async throws -> RenderedOutput {
    let projected = try await pages.projection(vectors).pages
    let range: ValueRange = try await pages.service.inTurn(bytes: 0, pages.owner) {
      self.range(of: projected, encoder)
    }
    let size = window.size
    let shape = [size.height, size.width, projected[0].dim == 1 ? 1 : 3]
    let parts = ArrayParts(count: projected.count, partBytes: shape.reduce(1, *)) {
      [queries = pages.service.queue] index in
      try await queries.run {
        let picture = picture(projected[index], range, window, encoder)
        guard case .uint8(let pixels) = picture.samples else {
          preconditionFailure("colours that are no bytes")
        }
        return ChunkedArray(pixels)
      }
    }
    var encoder = encoder
    encoder.resolution = TIFFResolution(
      pages.survey.source.pixelSize, grid, of: pages.survey.request)
    return encoder.array([projected.count] + shape, parts, .uint8)
  }

  private func range(of pages: FieldPages, _ encoder: OutputEncoder) -> ValueRange {
    var range = ValueRange(dim: pages[0].dim)
    for page in 0..<pages.count {
      range.join(ValueRange(of: pages[page], workers: encoder.threads))
    }
    return range
  }

  private func picture(
    _ page: FeatureField, _ range: ValueRange, _ window: Window, _ encoder: OutputEncoder
  ) -> Raster {
    Raster(falseColours: page, over: range, workers: encoder.threads)
      .cropped(window.rows, window.columns)
  }
}
