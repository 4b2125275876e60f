import Fields
package import LinearAlgebra

/// Features and strength chosen by holding out strokes: `features=auto`.
///
/// No set is best everywhere. Every candidate is fitted to three quarters of the strokes, or of the
/// images, and asked for the rest, four times; what is compared is the mean intersection over union of
/// all that was held out. That is optimistic, for strokes avoid interfaces, and uncertain, for they are
/// few: of the candidates that are not clearly worse than the best, the most usual is taken. Source: the
/// one-standard-error rule, Breiman et al. 1984, §3.4.3; two errors here, as there are but four folds.
package struct FeatureChoice: Sendable, Hashable {
  package struct Candidate: Sendable, Hashable {
    package let features: FeatureSet
    /// Which parts of the fields' vectors it sees, by their places.
    package let parts: [Int]
    package let c: Double

    package init(features: FeatureSet, parts: [Int], c: Double) {
      (self.features, self.parts, self.c) = (features, parts, c)
    }
  }

  /// What was chosen.
  package let candidate: Candidate
  /// The mean intersection over union of each that was tried, in their order; empty where a class
  /// has a single stroke, and the choice is the rule's.
  package let estimates: [(candidate: Candidate, score: Double)]
  package let heldOut: HeldOut

  /// What was held out to be asked for; nothing where a class has a single stroke.
  package enum HeldOut: String, Sendable, Hashable {
    case strokes, images, nothing
  }

  package static func == (a: FeatureChoice, b: FeatureChoice) -> Bool {
    a.candidate == b.candidate && a.estimates.map(\.candidate) == b.estimates.map(\.candidate)
      && a.estimates.map(\.score) == b.estimates.map(\.score)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(candidate) }

  /// By how much the best must be better than a more usual one, beside the difference's standard
  /// errors.
  static let margin = 0.02
  static let errors = 2.0
  /// The C of hybrid features where no stroke can be held out.
  static let cautious = 0.01
  /// Rows that it looks at.
  static let rowLimit = 3000

  /// Bytes that a choice holds among rows of `dim` values, on so many threads.
  package static func bytes(dim: Int, threads: Int) -> Int {
    // The rows as they are and standardised, those that each thread turns, and those that were turned.
    let rows = 4 * rowLimit * (2 * dim + threads * dim + 8 * CondensedRows.limit)
    // The product of the rows, its axes and LAPACK's work.
    return rows + threads * 64 * dim * dim
  }

  /// The candidates for vectors of so many parts, of which one is the usual; the most usual first: all
  /// parts together, where there are several.
  ///
  /// Source: measurements on micrographs with full truth. For the image that was painted the last layer
  /// is as good; for others of its series two are better, even where one image was painted.
  package static func candidates(
    parts: Int, usual: Int, classical: ClassicalSet
  ) -> [Candidate] {
    var candidates: [Candidate] = []
    func add(_ features: FeatureSet, _ parts: [Int], _ strengths: [Double]) {
      candidates += strengths.map { Candidate(features: features, parts: parts, c: $0) }
    }
    let hybrid = FeatureSet.hybrid(classical)
    if parts > 1 { add(hybrid, Array(0..<parts), [0.01, 0.1]) }
    if parts > 0 { add(hybrid, [usual], [0.1, cautious]) }
    for part in 0..<parts where part != usual { add(hybrid, [part], [0.1, 0.01]) }
    if parts > 0 { add(hybrid, [usual], [0.001]) }
    add(.classical(classical), [], [0.1, 1])
    if parts > 0 { add(.deep, [usual], [0.1, 0.01]) }
    return candidates
  }

  /// Chooses for images, whose labels name no other classes than those given; deterministic.
  ///
  /// All images have the same parts, of which `usual`, the last if it is `nil`, is tried first. Stops
  /// with `CancellationError` between two fits where `shouldStop` says so.
  package init(
    for images: [TrainingImage], classes: [LabelClass], set: ClassicalSet, usual: Int? = nil,
    workers: ThreadPool? = nil, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    let images = images.sorted { $0.key < $1.key }
    let dims = images.first?.parts ?? []
    let usual = usual ?? dims.count - 1
    let candidates = FeatureChoice.candidates(
      parts: dims.count, usual: usual, classical: set)
    var options = TrainingSet.Options(features: dims.isEmpty ? .classical(set) : .hybrid(set))
    options.rowLimit = FeatureChoice.rowLimit
    let rows = try TrainingSet(
      of: images, classes: classes, options: options, workers: workers, shouldStop: shouldStop)
    guard let folds = StrokeFolds(of: images, rows: rows.pixels, classes: rows.classes) else {
      candidate = FeatureChoice.ruled(candidates, usual: usual)
      (estimates, heldOut) = ([], .nothing)
      return
    }
    let paths = FeatureChoice.paths(candidates)
    let condensed = workers.map(paths.count) { index, _ in
      let own = paths[index].map { candidates[$0] }
      let columns = own[0].features.columns(
        parts: own[0].parts, of: dims, in: rows.features.columns)
      let strongest = own.map(\.c).max() ?? 1
      return shouldStop()
        ? nil : CondensedRows(rows.features.selected(columns), ridge: 1 / strongest).features
    }
    let results = workers.map(paths.count * StrokeFolds.usual) { index, _ in
      Result {
        let path = index / StrokeFolds.usual
        guard let features = condensed[path] else { throw CancellationError() }
        return try FeatureChoice.heldOut(
          paths[path].map { candidates[$0].c }, features, rows, folds.folds,
          index % StrokeFolds.usual, shouldStop)
      }
    }
    var counts = [[Confusion]](repeating: [], count: candidates.count)
    for (index, result) in results.enumerated() {
      for (place, confusion) in zip(paths[index / StrokeFolds.usual], try result.get()) {
        counts[place].append(confusion)
      }
    }
    let scores = counts.map { Confusion(adding: $0).meanIntersectionOverUnion }
    let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
    let chosen = scores.indices.first { place in
      let error = FeatureChoice.standardError(of: counts[best], over: counts[place])
      return scores[best] - scores[place] <= FeatureChoice.margin + FeatureChoice.errors * error
    }
    candidate = candidates[chosen ?? best]
    estimates = zip(candidates, scores).map { ($0, $1) }
    heldOut = folds.isByImage ? .images : .strokes
  }

  /// The standard error of the mean difference of two candidates, fold by fold.
  private static func standardError(of a: [Confusion], over b: [Confusion]) -> Double {
    let differences = zip(a, b).map {
      $0.meanIntersectionOverUnion - $1.meanIntersectionOverUnion
    }
    let count = Double(max(differences.count, 2))
    let mean = differences.reduce(0, +) / count
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / (count - 1) / count).squareRoot()
  }

  /// Without strokes to hold out: hybrid features of the usual part, strongly held back.
  ///
  /// Source: measurements on micrographs with full truth and one stroke a class.
  private static func ruled(_ candidates: [Candidate], usual: Int) -> Candidate {
    candidates.first {
      $0.parts == [usual] && $0.features.classical != nil && $0.c == cautious
    } ?? candidates[0]
  }

  /// The places of candidates that differ by C alone, which are fitted one from another.
  private static func paths(_ candidates: [Candidate]) -> [[Int]] {
    var paths: [[Int]] = []
    for (place, candidate) in candidates.enumerated() {
      let path = paths.firstIndex { path in
        let first = candidates[path[0]]
        return first.features == candidate.features && first.parts == candidate.parts
      }
      if let path { paths[path].append(place) } else { paths.append([place]) }
    }
    return paths
  }

  /// What models of one set of features answer for a fold when fitted to the others, for each C.
  private static func heldOut(
    _ strengths: [Double], _ features: Matrix, _ rows: TrainingSet, _ folds: [Int], _ fold: Int,
    _ shouldStop: @escaping @Sendable () -> Bool
  ) throws -> [Confusion] {
    let (kept, held) = (
      folds.indices.filter { folds[$0] != fold }, folds.indices.filter { folds[$0] == fold }
    )
    let asked = gather(held, of: features)
    let classes = kept.map { rows.classes[$0] }
    // A class whose strokes are all held out cannot be answered.
    let present = Set(classes).sorted()
    guard present.count > 1, !held.isEmpty else {
      return strengths.map { _ in Confusion(classes: rows.ids.count) }
    }
    let places = classes.map { Int32(present.firstIndex(of: $0) ?? 0) }
    let set = TrainingSet(
      rows: gather(kept, of: features), classes: places, ids: present.map { rows.ids[Int($0)] },
      weights: TrainingSet.balanced(
        kept.map { rows.weights[$0] }, classes: places, count: present.count))
    var model: LinearModel?
    return try strengths.map { c in
      var options = LogisticRegression.preview(c: c)
      options.tolerance = 1e-3
      let fitted = try options.fit(set, from: model, shouldStop: shouldStop)
      model = fitted
      var confusion = Confusion(classes: rows.ids.count)
      let scores = ScoreKernels.current.products(
        asked.all, by: fitted.coefficients, bias: fitted.intercepts)
      for (place, row) in held.enumerated() {
        let own = scores[place * present.count..<(place + 1) * present.count]
        let best = own.indices.max { own[$0] < own[$1] } ?? own.startIndex
        confusion.add(
          truth: Int(rows.classes[row]), answer: Int(present[best - own.startIndex]))
      }
      return confusion
    }
  }
}
