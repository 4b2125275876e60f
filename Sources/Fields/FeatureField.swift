package import Features
package import Imaging
package import LinearAlgebra

/// High-resolution features as what they are made of: the size shown, and one term for each view.
///
/// It stores no full-resolution pixel. The vector at a pixel is the mean of the terms' there, a
/// sum linear in the maps with weights that add up to one, so a linear readout may act on the
/// maps instead.
package struct FeatureField: Sendable {
  package let shown: Size
  package let terms: [Term]
  let groups: TermGroups
  private let blend: Blend

  package var dim: Int { blend.dim }

  /// The terms must be of one dim and cover `shown`.
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
    groups = TermGroups(terms)
    blend = groups.blend(of: terms, over: shown)
  }

  /// The field of views of one canvas, each with the number of times that it counts.
  package init(
    canvas: Canvas, patch: Int, stride: Int, upsampling: Upsampling, alignment: Alignment,
    views: [(view: View, weight: Int, map: FeatureMap)]
  ) {
    self.init(
      shown: canvas.shown,
      terms: views.map { view in
        Term(
          of: view.map, under: view.view, weight: view.weight, canvas: canvas, patch: patch,
          stride: stride, upsampling: upsampling, alignment: alignment)
      })
  }

  /// Views averaged, each as often as it counts.
  package var weight: Int { terms.reduce(0) { $0 + $1.weight } }
}

// MARK: - Reading

extension FeatureField {
  /// Materialises rows of pixels, `[range.count · width, dim]`.
  ///
  /// The same pixel has the same bits however the rows are cut and whoever works on them.
  package func rows(_ range: Range<Int>, into out: MatrixView, workers: Workers? = nil) {
    precondition(range.lowerBound >= 0 && range.upperBound <= shown.height, "\(range) of \(shown)")
    blend.rows(range, into: out, workers: workers)
  }

  /// The vector at one pixel, equal to its place in `rows`, `[dim]`.
  package func pixel(x: Int, y: Int) -> [Float] {
    let out = Matrix(rows: 1, columns: dim)
    pixels([(x, y)], into: out.all)
    return out.values
  }

  /// The vectors at some pixels, `[points.count, dim]`.
  package func pixels(_ points: [(x: Int, y: Int)], into out: MatrixView, workers: Workers? = nil) {
    precondition(
      out.rows == points.count && out.columns == dim,
      "\(points.count) points → [\(out.rows), \(out.columns)]")
    for (x, y) in points {
      precondition(
        x >= 0 && x < shown.width && y >= 0 && y < shown.height, "(\(x), \(y)) of \(shown)")
    }
    let blocks = (0..<points.count).blocks(of: 64)
    workers.forEach(blocks.count) { [blend] block in
      for i in blocks[block] {
        blend.pixel(x: points[i].x, y: points[i].y, into: out[rows: i..<i + 1])
      }
    }
  }
}

// MARK: - Other fields from this one

extension FeatureField {
  /// The same field seen through an affine map, `w · v + offset` at every pixel: `[dim] → [k]`.
  ///
  /// `w` is `[k, dim]` and `offset` is `[k]`. It acts on the patches alone.
  package func projected(by w: Matrix, offset: [Float]? = nil, workers: Workers? = nil)
    -> FeatureField
  {
    precondition(w.columns == dim, "[\(w.rows), \(w.columns)] for \(dim) dims")
    precondition(offset.map { $0.count == w.rows } ?? true, "an offset for \(w.rows) dims")
    let away = offset.map { Matrix(rows: 1, columns: w.rows, $0.map { -$0 }) }
    return mapped(to: w.rows, workers) { vectors, out in
      multiply(vectors.all, transposed: w.all, into: out.all)
      guard let away else { return }
      RowKernels.current.combine([out.all], weights: [1], centre: away, into: out.all)
    }
  }

  /// The same field with the terms added up whose weights are equal, all pixels alike but for
  /// rounding.
  ///
  /// Flips merge when the patches lie symmetrically, and with nearest cells no pixel lies midway
  /// between two: then four views cost what one does.
  package func merged() -> FeatureField {
    var places: [AxisPair: Int] = [:]
    var lots: [[Term]] = []
    for term in terms {
      let pair = AxisPair(vertical: term.vertical, horizontal: term.horizontal)
      if let place = places[pair] {
        lots[place].append(term)
      } else {
        places[pair] = lots.count
        lots.append([term])
      }
    }
    guard lots.count < terms.count else { return self }
    return FeatureField(shown: shown, terms: lots.map(FeatureField.sum))
  }

  private struct AxisPair: Hashable {
    let vertical: AxisWeights
    let horizontal: AxisWeights
  }

  /// Terms of equal weights as one; it bears the first's view.
  private static func sum(_ terms: [Term]) -> Term {
    let total = terms.reduce(0) { $0 + $1.weight }
    guard terms.count > 1 else { return terms[0] }
    let vectors = Matrix(rows: terms[0].map.vectors.rows, columns: terms[0].map.dim)
    RowKernels.current.combine(
      terms.map(\.map.vectors.all), weights: terms.map { Float($0.weight) / Float(total) },
      into: vectors.all)
    return terms[0].with(vectors, weight: total)
  }

  private func mapped(
    to k: Int, _ workers: Workers?, _ map: @escaping @Sendable (Matrix, Matrix) -> Void
  ) -> FeatureField {
    let results = terms.map { Matrix(rows: $0.map.vectors.rows, columns: k) }
    workers.forEach(terms.count) { [terms] index in map(terms[index].map.vectors, results[index]) }
    return FeatureField(shown: shown, terms: zip(terms, results).map { $0.with($1) })
  }
}
