import Fields
package import LinearAlgebra

/// Features and strength chosen by holding out strokes: `features=auto`.
///
/// No set is best everywhere. Every candidate is fitted to three quarters of the strokes and asked
/// for the rest, four times; what is compared is the mean intersection over union of all that was
/// held out. That is optimistic, for strokes avoid interfaces, but it ranks.
package struct FeatureChoice: Sendable, Hashable {
  package struct Candidate: Sendable, Hashable {
    package let features: FeatureSet
    /// Which of the images' fields it sees, by their places.
    package let fields: [Int]
    package let c: Double

    package init(features: FeatureSet, fields: [Int], c: Double) {
      (self.features, self.fields, self.c) = (features, fields, c)
    }
  }

  /// What was chosen.
  package let candidate: Candidate
  /// The mean intersection over union of each that was tried, in their order; empty where a class
  /// has a single stroke, and the choice is the rule's.
  package let estimates: [(candidate: Candidate, score: Double)]

  package static func == (a: FeatureChoice, b: FeatureChoice) -> Bool {
    a.candidate == b.candidate && a.estimates.map(\.candidate) == b.estimates.map(\.candidate)
      && a.estimates.map(\.score) == b.estimates.map(\.score)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(candidate) }

  /// By how much a later candidate must be better than an earlier one.
  static let margin = 0.01
  /// Rows that it looks at.
  static let rowLimit = 3000

  /// The usual candidates for images of so many fields, the most usual first.
  package static func candidates(fields: Int, classical: ClassicalSet) -> [Candidate] {
    let all = Array(0..<fields)
    let parts = fields > 1 ? [all] + all.map { [$0] } : [all]
    var candidates: [Candidate] = []
    for fields in parts where !fields.isEmpty {
      for c in [0.1, 0.01, 0.001] {
        candidates.append(Candidate(features: .hybrid(classical), fields: fields, c: c))
      }
    }
    for c in [1, 0.1] {
      candidates.append(Candidate(features: .classical(classical), fields: [], c: c))
    }
    for c in [0.1, 0.01, 0.001] where fields > 0 {
      candidates.append(Candidate(features: .deep, fields: all, c: c))
    }
    return candidates
  }

  /// Chooses for images, whose labels name no other classes than those given; deterministic.
  ///
  /// Stops with `CancellationError` between two fits where `shouldStop` says so.
  package init(
    for images: [TrainingImage], classes: [LabelClass], set: ClassicalSet,
    workers: ThreadPool? = nil, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    let images = images.sorted { $0.key < $1.key }
    let fields = images.map(\.deep.count).min() ?? 0
    let candidates = FeatureChoice.candidates(fields: fields, classical: set)
    var options = TrainingSet.Options(features: fields > 0 ? .hybrid(set) : .classical(set))
    options.rowLimit = FeatureChoice.rowLimit
    let rows = try TrainingSet(
      of: images, classes: classes, options: options, workers: workers, shouldStop: shouldStop)
    let places = rows.source.places.sorted { $0.value < $1.value }.map(\.key)
    guard rows.count == places.count,
      let folds = StrokeFolds(of: images, rows: places, classes: rows.classes)
    else {
      candidate = FeatureChoice.ruled(candidates, rows)
      estimates = []
      return
    }
    let widths = images.first?.deep.map(\.dim) ?? []
    let paths = FeatureChoice.paths(candidates)
    let results = workers.map(paths.count * StrokeFolds.count) { index, _ in
      Result {
        try FeatureChoice.heldOut(
          paths[index / StrokeFolds.count].map { candidates[$0] }, rows, folds.folds,
          index % StrokeFolds.count, widths, shouldStop)
      }
    }
    var counts = [[Confusion]](repeating: [], count: candidates.count)
    for (index, result) in results.enumerated() {
      for (place, confusion) in zip(paths[index / StrokeFolds.count], try result.get()) {
        counts[place].append(confusion)
      }
    }
    let scores = counts.map { Confusion(adding: $0).meanIntersectionOverUnion }
    var best = 0
    for place in scores.indices where scores[place] > scores[best] + FeatureChoice.margin {
      best = place
    }
    candidate = candidates[best]
    estimates = zip(candidates, scores).map { ($0, $1) }
  }

  /// Without strokes to hold out: classical features where there are few rows for many weights.
  private static func ruled(_ candidates: [Candidate], _ rows: TrainingSet) -> Candidate {
    let isScarce = rows.features.columns * rows.ids.count > rows.count / 2
    let classical = candidates.first { !$0.features.isDeep } ?? candidates[0]
    return isScarce ? classical : candidates[0]
  }

  /// The places of candidates that differ by C alone, which are fitted one from another.
  private static func paths(_ candidates: [Candidate]) -> [[Int]] {
    var paths: [[Int]] = []
    for (place, candidate) in candidates.enumerated() {
      let path = paths.firstIndex { path in
        let first = candidates[path[0]]
        return first.features == candidate.features && first.fields == candidate.fields
      }
      if let path { paths[path].append(place) } else { paths.append([place]) }
    }
    return paths
  }

  /// What candidates of one set answer for a fold when fitted to the others.
  private static func heldOut(
    _ candidates: [Candidate], _ rows: TrainingSet, _ folds: [Int], _ fold: Int, _ widths: [Int],
    _ shouldStop: @escaping @Sendable () -> Bool
  ) throws -> [Confusion] {
    let columns = FeatureChoice.columns(of: candidates[0], widths, rows.features.columns)
    let (kept, held) = (
      folds.indices.filter { folds[$0] != fold }, folds.indices.filter { folds[$0] == fold }
    )
    let training = selected(columns, of: gather(kept, of: rows.features))
    let asked = selected(columns, of: gather(held, of: rows.features))
    let classes = kept.map { rows.classes[$0] }
    // A class whose strokes are all held out cannot be answered.
    let present = Set(classes).sorted()
    guard present.count > 1, !held.isEmpty else {
      return candidates.map { _ in Confusion(classes: rows.ids.count) }
    }
    let set = TrainingSet(
      rows: training, classes: classes.map { Int32(present.firstIndex(of: $0) ?? 0) },
      ids: present.map { rows.ids[Int($0)] },
      weights: TrainingSet.balanced(
        [Double](repeating: 1, count: kept.count),
        classes: classes.map { Int32(present.firstIndex(of: $0) ?? 0) }, count: present.count))
    var model: LinearModel?
    return try candidates.map { candidate in
      var options = LogisticRegression.preview(c: candidate.c)
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

  /// The columns of the hybrid rows that a candidate sees.
  private static func columns(of candidate: Candidate, _ widths: [Int], _ all: Int) -> [Range<Int>]
  {
    var (ranges, end) = ([Range<Int>](), 0)
    for (place, width) in widths.enumerated() {
      if candidate.features.isDeep, candidate.fields.contains(place) {
        ranges.append(end..<end + width)
      }
      end += width
    }
    if candidate.features.classical != nil { ranges.append(end..<all) }
    return ranges
  }

  private static func selected(_ columns: [Range<Int>], of rows: Matrix) -> Matrix {
    let part = MutableMatrix(rows: rows.rows, columns: columns.reduce(0) { $0 + $1.count })
    var end = 0
    for range in columns {
      part[rows: 0..<rows.rows, columns: end..<end + range.count].copy(
        rows[rows: 0..<rows.rows, columns: range])
      end += range.count
    }
    return part.frozen()
  }
}
