import Imaging
import LinearAlgebra
import Rendering
import Scheduling
import Segmentation

/// What is measured of several pages, as a kept classifier tells their classes: the tables of the pages
/// one after another, each row with its page.
extension MeasurementsOutput {
  package func prepare(_ pages: PagesQuery) throws(FeaturizationError) -> PagesRendering {
    guard classifier != nil else { throw .noLabels }
    let size = pages.size(of: .pixel)
    try selection.check(in: size)
    return PagesRendering(bytes: pages.pageBytes + 3 * size.width * size.height) { encoder in
      var rows: [(page: Int, row: [Table.Value])] = []
      var last: (table: Table, measured: MeasuredImage)?
      for page in pages.pages {
        let found = try await pages.whenThereIsRoom(for: page) {
          try await self.table(of: pages.query(page), encoder)
        }
        rows += found.table.rows.map { (page, $0) }
        guard quantity != .objects || rows.count <= MeasurementsOutput.mostObjects else {
          throw FeaturizationError.tooManyObjects(
            limit: MeasurementsOutput.mostObjects, objects: rows.count)
        }
        last = found
      }
      guard let last else { preconditionFailure("no pages of \(pages.pages)") }
      // The image's name is the first of the columns.
      var columns = last.table.columns
      columns.insert("page", at: 1)
      var table = Table(columns)
      for (page, row) in rows { table.append(row.prefix(1) + [.whole(page)] + row.dropFirst()) }
      var rendered = document(table, last.measured, encoder)
      rendered.classifier = classifier
      return rendered
    }
  }

  private func table(
    of query: Query, _ encoder: OutputEncoder
  ) async throws -> (table: Table, measured: MeasuredImage) {
    let source = try await source(of: query)
    return try await query.service.cancellably(source.bytes, query.owner) { shouldStop in
      let measured = try measured(
        source, query.record, workers: encoder.threads, shouldStop: shouldStop)
      return (try measured.table(of: quantity, workers: encoder.threads), measured)
    }
  }
}
