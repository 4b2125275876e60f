import Encoders
import Fields
import LinearAlgebra
import Rendering
import Scheduling
import Tensors

/// Vectors of several pages: `[pages, height, width, dim]`, or `[pages, n, dim]` at points.
extension Vectors {
  /// Whether the components are those of all pages together.
  var sharesComponents: Bool { components != nil && basis == nil }

  /// Renders them as an array.
  func array(_ pages: PagesQuery) throws(FeaturizationError) -> PagesRendering {
    try places.selection.check(in: pages.size(of: places.grid))
    return sharesComponents ? try sharedArray(pages) : streamedArray(pages)
  }

  /// Each page is encoded when the client has taken those before.
  private func streamedArray(_ pages: PagesQuery) -> PagesRendering {
    // The page that is sent, and the next.
    let held = 2 * (pages.pageBytes + 8 * pages.cells * (components ?? 0) + sampleBytes(pages))
    return PagesRendering(bytes: held) { encoder in
      array(pages, encoder) { index in
        let page = pages.pages.lowerBound + index
        return try await pages.whenThereIsRoom(for: page) {
          let source = try await source(pages.query(page))
          return try await pages.service.inTurn(
            bytes: footprint(of: source).streamed(at: places.selection).making, pages.owner
          ) {
            encoder.elements(of: field(of: source, encoder.threads), at: places.selection, dtype)
          }
        }
      }
    }
  }

  private func sharedArray(_ pages: PagesQuery) throws(FeaturizationError) -> PagesRendering {
    let held = try pages.bytes(projectingOn: components ?? 0)
    return PagesRendering(bytes: held + 2 * sampleBytes(pages)) { encoder in
      let projection = try await pages.projection(self)
      encoder.memory.reservation?.shrink(to: projection.bytes + 2 * sampleBytes(pages))
      return array(pages, encoder) { [queries = pages.service.queue] index in
        try await queries.run {
          encoder.elements(
            of: projection.pages[index].finished(normalise.postProcess), at: places.selection,
            dtype)
        }
      }
    }
  }

  private func array(
    _ pages: PagesQuery, _ encoder: OutputEncoder,
    _ elements: @escaping @Sendable (Int) async throws -> ChunkedArray
  ) -> RenderedOutput {
    let dim = components ?? pages.dim
    let shape = places.selection.shape(in: pages.size(of: places.grid)) + [dim]
    let parts = ArrayParts(
      count: pages.pages.count, partBytes: shape.reduce(dtype.element.size, *), make: elements,
      fails: { [first = pages.pages.lowerBound, fields = pages.service.fields] index, error in
        fields.observe(.pageFailed(first + index, reason: "\(error)"))
      })
    return encoder.array([pages.pages.count] + shape, parts, dtype.element)
  }

  /// Bytes of the vectors at points that are computed before they are sent.
  private func sampleBytes(_ pages: PagesQuery) -> Int {
    guard case .points(let points) = places.selection else { return 0 }
    return Footprint.bytes(ofSample: points.count, dims: components ?? pages.dim)
  }
}
