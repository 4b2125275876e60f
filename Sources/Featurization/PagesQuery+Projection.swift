import Encoders
import Fields
import Files
import LinearAlgebra
import Scheduling

/// The patches of all pages, projected onto principal components that they share.
struct PagesProjection: Sendable, DerivedValue {
  let pages: FieldPages

  var bytes: Int { pages.bytes }
}

extension PagesQuery {
  /// Bytes held while pages are projected onto so many components, and afterwards.
  ///
  /// Throws where the projections of all pages exceed what answers may hold.
  func bytes(projectingOn components: Int) throws(FeaturizationError) -> Int {
    let (grids, overflows) = (4 * components * cells).multipliedReportingOverflow(by: pages.count)
    let limit = service.answers.limits.heldBytes
    guard !overflows, grids <= limit else {
      throw .pagesTooLarge(limit: limit, bytes: overflows ? .max : grids)
    }
    return grids + pageBytes + 8 * components * cells + 32 * dim * dim
  }

  /// All pages projected onto the components of vectors: those of all pages together, or of another
  /// field.
  ///
  /// Pages are encoded one after another: once for the components, from the first to the last, and
  /// once more from the last to the first, so that those that are still cached are not encoded twice.
  func projection(_ vectors: Vectors) async throws -> PagesProjection {
    let (grid, count) = (vectors.places.grid, vectors.components ?? 0)
    let particulars = "\(count) \(vectors.basis?.description ?? "") \(vectors.debias)"
    return try await derived(grid, particulars) { [self] in
      let basis = try await basis(vectors).first(count)
      var projected: FieldPages?
      for page in pages.reversed() {
        let field = try await whenThereIsRoom(for: page) {
          let image = try await query(page).image(debias: vectors.debias)
          return try await service.inTurn(bytes: image.bytesWhenRead, owner) {
            [threads = service.threads] in
            image.features(grid).projected(onto: basis, workers: threads)
          }
        }
        if projected == nil { projected = FieldPages(repeating: field, count: pages.count) }
        projected?[page - pages.lowerBound] = field
      }
      guard let projected else { preconditionFailure("no page of \(pages)") }
      return PagesProjection(pages: projected)
    }
  }

  /// The principal components over the pixels or patches of all pages, or those of another field.
  private func basis(_ vectors: Vectors) async throws -> Basis {
    let (grid, debias) = (vectors.places.grid, vectors.debias)
    if let other = vectors.basis {
      let query = query(pages.lowerBound)
      return try await query.basis(other, grid, of: query.image())
    }
    return try await derived(grid, debias > 0 ? "less \(debias)" : "") { [self] in
      var sum = CovarianceSum(dim: dim)
      for page in pages {
        sum = try await whenThereIsRoom(for: page) {
          let image = try await query(page).image(debias: debias)
          let bytes = image.bytesWhenRead + Covariance.bytes(cells: image.cells, dim: dim)
          return try await service.inTurn(bytes: bytes, owner) {
            [sum, threads = service.threads] in
            var sum = sum
            sum.add(image.features(grid), workers: threads)
            return sum
          }
        }
      }
      guard let basis = try? sum.basis() else { throw FeaturizationError.noComponents }
      return basis
    }
  }
}
