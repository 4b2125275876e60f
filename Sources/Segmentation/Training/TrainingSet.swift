import Fields
package import LinearAlgebra

/// The labelled pixels' features, classes and weights, as classifiers are fitted to them.
///
/// Memory: 4 bytes for each row and feature, and as much for the classical features as they were
/// before they were standardised.
package struct TrainingSet: Sendable {
  package struct Options: Sendable, Hashable {
    package var features: FeatureSet
    /// Whether each class counts as much as each other.
    package var isBalanced = true
    package var weighting = Weighting.pixel
    /// Most rows; more are sampled.
    package var rowLimit = 50_000

    package init(features: FeatureSet) { self.features = features }
  }

  /// How much a labelled pixel counts.
  package enum Weighting: String, Sendable, Hashable, Codable, CaseIterable {
    /// One.
    case pixel
    /// One divided by the number of labelled pixels in its patch's square.
    case patch
  }

  package let options: Options
  /// `[rows, dim]`: the field's vectors, then the classical features standardised.
  package let features: Matrix
  /// Each row's place among `ids`.
  package let classes: [Int32]
  /// The ids of the classes that have rows, ascending.
  package let ids: [UInt8]
  /// Each row's weight; where classes are balanced they add up to the weights before.
  package let weights: [Double]
  package let standardisation: Standardisation
  package let deepDim: Int
  /// What the vectors were multiplied by: 1, or factors that make several parts count alike.
  let deepScales: [Float]
  /// Labelled pixels of each of `ids`, before any were left out or merged.
  package let labelled: [Int]
  package let isCapped: Bool
  /// Each row's pixel, the first of equal ones; empty where rows were made elsewhere.
  let pixels: [Source.Place]
  /// What the rows were made of, to be taken from again.
  let source: Source

  /// Features of pixels before they were standardised.
  struct Source: Sendable {
    struct Place: Hashable, Sendable {
      let key: String
      let x: Int
      let y: Int
    }

    let places: [Place: Int]
    let deep: Matrix
    let classical: Matrix
  }

  package var count: Int { features.rows }
}

// MARK: - Making one

extension TrainingSet {
  /// Gathers the labelled pixels of images whose labels name no other classes than `classes`.
  ///
  /// Pixels that an earlier set holds are taken from it. Images must not share keys. Stops with
  /// `CancellationError` where `shouldStop` says so.
  package init(
    of images: [TrainingImage], classes: [LabelClass], options: Options,
    reusing earlier: TrainingSet? = nil, workers: ThreadPool? = nil,
    shouldStop: @Sendable () -> Bool = { false }
  ) throws {
    let images = images.sorted { $0.key < $1.key }
    precondition(Set(images.map(\.key)).count == images.count, "images of one key")
    for image in images { try image.check(for: options.features) }
    let deepDim = options.features.isDeep ? images.first?.deepDim ?? 0 : 0
    if let other = images.first(where: { options.features.isDeep && $0.deepDim != deepDim }) {
      throw SegmentationError.dimensions(found: other.deepDim, expected: deepDim)
    }
    let selection = RowSelection(of: images, limit: options.rowLimit)
    let ids = selection.counts.indices.filter { selection.counts[$0] > 0 }.map { UInt8($0) }
    let unknown = Set(ids).subtracting(classes.map(\.id))
    guard unknown.isEmpty else { throw SegmentationError.unknownLabels(unknown.sorted()) }
    guard ids.count > 1 else { throw SegmentationError.tooFewClasses(labelled: ids) }
    if shouldStop() { throw CancellationError() }
    let reusable = earlier.flatMap {
      $0.options.features == options.features && $0.deepDim == deepDim ? $0.source : nil
    }
    let source = try TrainingSet.source(
      selection.pixels, of: images, options.features, deepDim, reusing: reusable, workers,
      shouldStop)
    let shares = TrainingSet.shares(of: selection.pixels, in: images, by: options.weighting)
    let scales = PartScales(
      of: source.deep, parts: options.features.isDeep ? images.first?.parts ?? [] : [])
    self.init(
      source, scales, pixels: selection.pixels, shares: shares, ids: ids, deepDim: deepDim,
      labelled: ids.map { selection.counts[Int($0)] }, isCapped: selection.isCapped, options,
      workers)
    let wrong = TrainingSet.rowsNotFinite(features)
    guard wrong == 0 else { throw SegmentationError.notFinite(rows: wrong) }
  }

  private init(
    _ source: Source, _ scales: PartScales, pixels: [RowSelection.Pixel], shares: [Double],
    ids: [UInt8], deepDim: Int, labelled: [Int], isCapped: Bool, _ options: Options,
    _ workers: ThreadPool?
  ) {
    let standardisation = Standardisation(of: source.classical)
    let features = MutableMatrix(rows: pixels.count, columns: deepDim + source.classical.columns)
    scales.apply(to: source.deep, into: features[rows: 0..<pixels.count, columns: 0..<deepDim])
    let standardised = MutableMatrix(rows: pixels.count, columns: source.classical.columns)
    for row in 0..<pixels.count where standardised.columns > 0 {
      let values = Matrix(
        rows: 1, columns: standardised.columns, standardisation(source.classical.row(row)))
      standardised[rows: row..<row + 1].copy(values.all)
    }
    features[rows: 0..<pixels.count, columns: deepDim..<features.columns].copy(standardised.view)
    var places = [Int32](repeating: 0, count: 256)
    for (place, id) in ids.enumerated() { places[Int(id)] = Int32(place) }
    let classes = pixels.map { places[Int($0.id)] }
    let merged = MergedRows(
      features.frozen(), classes: classes, weights: shares, workers: workers)
    self.options = options
    self.features = merged.features
    self.classes = merged.classes
    self.ids = ids
    weights =
      options.isBalanced
      ? TrainingSet.balanced(merged.weights, classes: merged.classes, count: ids.count)
      : merged.weights
    self.standardisation = standardisation
    self.deepDim = deepDim
    deepScales = scales.byColumn
    self.labelled = labelled
    self.isCapped = isCapped
    let all = source.places.sorted { $0.value < $1.value }.map(\.key)
    self.pixels = merged.places.map { all[$0] }
    self.source = source
  }

  /// A set of rows that were made elsewhere, as they are: `[rows, dim]`, each of one of `ids`.
  package init(
    rows features: Matrix, classes: [Int32], ids: [UInt8], weights: [Double]
  ) {
    precondition(
      features.rows == classes.count && features.rows == weights.count
        && classes.allSatisfy { $0 >= 0 && Int($0) < ids.count },
      "\(features.rows) rows, \(classes.count) classes, \(weights.count) weights")
    options = Options(features: .deep)
    (self.features, self.classes, self.ids, self.weights) = (features, classes, ids, weights)
    standardisation = Standardisation(mean: [], scale: [])
    deepDim = features.columns
    deepScales = Array(repeating: 1, count: deepDim)
    labelled = ids.indices.map { place in classes.count { Int($0) == place } }
    (isCapped, pixels) = (false, [])
    source = Source(
      places: [:], deep: Matrix(rows: 0, columns: deepDim), classical: Matrix(rows: 0, columns: 0))
  }

  /// The set with equal rows of a class made one, their weights added.
  package var merged: TrainingSet {
    let rows = MergedRows(features, classes: classes, weights: weights)
    return TrainingSet(
      rows: rows.features, classes: rows.classes, ids: ids, weights: rows.weights)
  }

  /// Weights multiplied so that each class has an equal share of their sum.
  ///
  /// Source: scikit-learn's `compute_class_weight`, given sample weights.
  package static func balanced(_ weights: [Double], classes: [Int32], count: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: count)
    for (place, weight) in weights.enumerated() { sums[Int(classes[place])] += weight }
    let share = sums.reduce(0, +) / Double(count)
    return weights.indices.map { weights[$0] * (share / sums[Int(classes[$0])]) }
  }

  /// Each pixel's weight before classes are balanced.
  private static func shares(
    of pixels: [RowSelection.Pixel], in images: [TrainingImage], by weighting: Weighting
  ) -> [Double] {
    switch weighting {
    case .pixel: return [Double](repeating: 1, count: pixels.count)
    case .patch:
      struct Cell: Hashable {
        let image: Int
        let row: Int
        let column: Int
      }
      let cells = pixels.map { pixel in
        let side = images[pixel.image].cell
        return Cell(image: pixel.image, row: pixel.y / side, column: pixel.x / side)
      }
      var counts: [Cell: Int] = [:]
      for cell in cells { counts[cell, default: 0] += 1 }
      return cells.map { 1 / Double(counts[$0] ?? 1) }
    }
  }

  private static func rowsNotFinite(_ features: Matrix) -> Int {
    (0..<features.rows).count { row in
      features.row(row).contains { !($0.magnitude <= largestFeature) }
    }
  }

  /// The largest magnitude of a feature: its square can be summed.
  static let largestFeature: Float = 1e15
}

// MARK: - Features of pixels

extension TrainingSet {
  private static func source(
    _ pixels: [RowSelection.Pixel], of images: [TrainingImage], _ set: FeatureSet, _ deepDim: Int,
    reusing earlier: Source?, _ workers: ThreadPool?, _ shouldStop: () -> Bool
  ) throws -> Source {
    let deep = MutableMatrix(rows: pixels.count, columns: deepDim)
    let classical = MutableMatrix(rows: pixels.count, columns: set.classical?.channels ?? 0)
    let keys = pixels.map { Source.Place(key: images[$0.image].key, x: $0.x, y: $0.y) }
    var wanted = [[Int]](repeating: [], count: images.count)
    for (row, pixel) in pixels.enumerated() {
      guard let earlier, let known = earlier.places[keys[row]] else {
        wanted[pixel.image].append(row)
        continue
      }
      deep[rows: row..<row + 1].copy(earlier.deep[rows: known..<known + 1])
      classical[rows: row..<row + 1].copy(earlier.classical[rows: known..<known + 1])
    }
    for (index, rows) in wanted.enumerated() where !rows.isEmpty {
      if shouldStop() { throw CancellationError() }
      let points = rows.map { (x: pixels[$0].x, y: pixels[$0].y) }
      var column = 0
      for field in set.isDeep ? images[index].deep : [] {
        let part = MutableMatrix(rows: rows.count, columns: field.dim)
        field.sample(points, into: part.all, workers: workers)
        scatter(part.view, to: rows, of: deep, from: column)
        column += field.dim
      }
      if let name = set.classical, let grey = images[index].grey {
        let part = ClassicalFeatures(of: grey, name).sample(points, workers: workers)
        scatter(part.all, to: rows, of: classical, from: 0)
      }
    }
    let places = Dictionary(zip(keys, pixels.indices)) { first, _ in first }
    return Source(places: places, deep: deep.frozen(), classical: classical.frozen())
  }

  private static func scatter(
    _ part: MatrixView, to rows: [Int], of all: MutableMatrix, from column: Int
  ) {
    for (place, row) in rows.enumerated() {
      all[rows: row..<row + 1, columns: column..<column + part.columns].copy(
        part[rows: place..<place + 1])
    }
  }
}
