package import Encoders
package import Imaging
package import LinearAlgebra

/// High-resolution features as their components: the size shown, and one term per view.
///
/// It stores no full-resolution pixel. The vector at a pixel is the mean of the terms there, a sum
/// linear in the maps with weights that add up to one, so that a linear readout may act on the maps
/// instead. The nonlinear post-processing is applied to each pixel when it is computed. A guided
/// field has one map instead, whose weights depend on the image and need not add up to one: a
/// linear readout still acts on it and on its constant.
package struct FeatureField: Sendable {
  package let shown: Size
  package let terms: [Term]
  /// One map upsampled under its image's guidance, in place of terms.
  let guided: GuidedTerm?
  /// The post-processing of every pixel that is read.
  package let postProcess: PostProcess
  let groups: TermGroups
  let interpolator: any Interpolator

  package var dim: Int { interpolator.dim }

  /// Whether it holds the maps that it was made of, without copying their vectors.
  package var sharesMaps: Bool { interpolator is RowMajorInterpolator }

  /// Creates a field; the terms must have one dimension and cover `shown`.
  package init(shown: Size, terms: [Term]) {
    guard let dim = terms.first?.map.dim else { preconditionFailure("a field without terms") }
    for term in terms {
      precondition(
        term.map.dim == dim && term.vertical.length == shown.height
          && term.horizontal.length == shown.width,
        "a term of \(term.map.dim) dims for \(dim), over \(shown)")
    }
    self.shown = shown
    self.terms = terms
    guided = nil
    postProcess = .none
    groups = TermGroups(terms)
    interpolator = groups.interpolator(of: terms, over: shown)
  }

  /// The field of views of one canvas, each with the number of times that it counts.
  ///
  /// The maps are in the canvas's orientation, as `undoing` makes them; the field shares them.
  package init(
    canvas: Canvas, patch: Int, stride: Int, upsampling: Upsampling, alignment: Alignment,
    views: [(view: View, weight: Int, map: FeatureMap)]
  ) {
    self.init(
      canvas: canvas, patch: patch, stride: stride, upsampling: upsampling, alignment: alignment,
      stored: views.map { ($0.view, $0.weight, StoredMap($0.map)) })
  }

  /// The same of maps as a field keeps them.
  package init(
    canvas: Canvas, patch: Int, stride: Int, upsampling: Upsampling, alignment: Alignment,
    stored views: [(view: View, weight: Int, map: StoredMap)]
  ) {
    self.init(
      shown: canvas.shown,
      terms: views.map { view in
        Term(
          of: view.map, under: view.view, weight: view.weight, canvas: canvas, patch: patch,
          stride: stride, upsampling: upsampling, alignment: alignment)
      })
  }

  /// The field of a map guided by its image; the finest cells divide the canvas evenly.
  package init(canvas: Canvas, guided map: GuidedMap) {
    self.init(shown: canvas.shown, guided: GuidedTerm(map, on: canvas))
  }

  init(shown: Size, guided term: GuidedTerm) {
    self.shown = shown
    terms = []
    guided = term
    postProcess = .none
    groups = TermGroups([])
    interpolator = GuidedInterpolator(term)
  }

  private init(_ field: FeatureField, postProcess: PostProcess) {
    (shown, terms, guided) = (field.shown, field.terms, field.guided)
    (groups, interpolator) = (field.groups, field.interpolator)
    self.postProcess = postProcess
  }

  /// The number of averaged views, with repetitions.
  package var weight: Int { terms.reduce(0) { $0 + $1.weight } }
}

// MARK: - Derived fields

extension FeatureField {
  /// The same field with another post-processing in place of its own.
  package func finished(_ postProcess: PostProcess) -> FeatureField {
    FeatureField(self, postProcess: postProcess)
  }

  /// The field under an affine map, `w · v + bias` at every pixel: `[dim] → [k]`.
  ///
  /// `w` is `[k, dim]` and `bias` is `[k]`. It acts on the patches alone, so the field must not
  /// have post-processing.
  package func projected(onto w: Matrix, bias: [Float]? = nil, workers: ThreadPool? = nil)
    -> FeatureField
  {
    precondition(postProcess == .none, "a linear map of vectors that were finished")
    precondition(w.columns == dim, "[\(w.rows), \(w.columns)] for \(dim) dims")
    precondition(bias.map { $0.count == w.rows } ?? true, "a bias for \(w.rows) dims")
    if let guided {
      return FeatureField(shown: shown, guided: guided.projected(onto: w, bias: bias))
    }
    let away = bias.map { Matrix(rows: 1, columns: w.rows, $0.map { -$0 }) }
    let results = terms.map { MutableMatrix(rows: $0.map.vectors.rows, columns: w.rows) }
    workers.forEach(terms.count) { [terms] index, _ in
      let (out, vectors) = (results[index], terms[index].map.vectors)
      for rows in vectors.parts {
        multiply(vectors[rows: rows], transposed: w.all, into: out[rows: rows])
      }
      guard let away else { return }
      RowKernels.current.combine([out.view], weights: [1], centre: away, into: out.all)
    }
    return FeatureField(shown: shown, terms: zip(terms, results).map { $0.with($1.frozen()) })
  }

  /// The field of some channels alone.
  ///
  /// Post-processing of all channels together would differ from that of these, so the field must
  /// not have any.
  package func channels(_ range: Range<Int>) -> FeatureField {
    precondition(postProcess == .none, "some dims of vectors that were finished")
    if let guided { return FeatureField(shown: shown, guided: guided.channels(range)) }
    return FeatureField(
      shown: shown,
      terms: terms.map { term in
        let vectors = MutableMatrix(rows: term.map.vectors.rows, columns: range.count)
        for rows in term.map.vectors.parts {
          vectors[rows: rows].copy(term.map.vectors[rows: rows][columns: range])
        }
        return term.with(vectors.frozen())
      })
  }
}
