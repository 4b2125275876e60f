import Encoders
import Imaging
import LinearAlgebra

/// Fields of equal views that differ in their vectors alone, such as the projections of a stack's
/// pages.
///
/// Of each only the vectors are kept; how they become pixels is set up again when one is read.
package struct FieldPages: Sendable {
  private let shown: Size
  private let terms: [Term]
  /// Of each page, the vectors of its terms.
  private var vectors: [[StoredMatrix]]

  /// Pages that are all equal to a field, until they are replaced; a guided one is refused, since
  /// its weights are its own.
  package init(repeating field: FeatureField, count: Int) {
    precondition(field.guided == nil && field.postProcess == .none, "pages of a field with a guide")
    precondition(count > 0, "\(count) pages")
    (shown, terms) = (field.shown, field.terms)
    vectors = Array(repeating: field.terms.map(\.map.vectors), count: count)
  }

  package var count: Int { vectors.count }

  /// Bytes of memory of the vectors.
  package var bytes: Int {
    vectors.reduce(0) { $0 + $1.reduce(0) { $0 + $1.bytes } }
  }

  package subscript(page: Int) -> FeatureField {
    get { FeatureField(shown: shown, terms: zip(terms, vectors[page]).map { $0.with($1) }) }
    set {
      precondition(
        newValue.shown == shown && newValue.guided == nil && newValue.terms.count == terms.count
          && zip(newValue.terms, terms).allSatisfy {
            $0.view == $1.view && $0.map.grid == $1.map.grid && $0.map.dim == $1.map.dim
          }, "page \(page) has other views")
      vectors[page] = newValue.terms.map(\.map.vectors)
    }
  }
}
