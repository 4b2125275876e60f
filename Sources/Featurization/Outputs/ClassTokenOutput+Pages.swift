import Fields
import LinearAlgebra
import Rendering

/// The class tokens of several pages, `[pages, dim]`.
extension ClassTokenOutput {
  package func prepare(_ pages: PagesQuery) throws(FeaturizationError) -> PagesRendering {
    let shape = [pages.pages.count, pages.dim]
    return PagesRendering(bytes: pages.pageBytes + 16 * shape[0] * shape[1]) { encoder in
      let tokens = try await pages.derived(.pixel) {
        var values: [Float] = []
        for page in pages.pages {
          values += try await pages.whenThereIsRoom(for: page) {
            try await pages.query(page).image().encoded.encodings[0].classToken
          }
        }
        return ClassTokens(values: values)
      }
      let vectors = MutableMatrix(rows: shape[0], columns: shape[1], tokens.values)
      normalise.postProcess.apply(to: vectors.all)
      return encoder.array(shape, ChunkedArray(dtype.bytes(of: vectors.view)), dtype.element)
    }
  }
}

/// The class tokens of several pages, one after another.
private struct ClassTokens: DerivedValue {
  let values: [Float]

  var bytes: Int { 4 * values.count }
}
