package import LinearAlgebra

/// Models fitted to all strokes but a share of them, each share left out once.
///
/// What they answer for the strokes that they did not see tells how often the classifier is right on
/// new ones; how much their answers for an image differ tells how much depends on which strokes were
/// painted. Source: Quenouille's and Tukey's jackknife by groups, Efron 1982, §2.
package struct Refits: Sendable, Hashable {
  /// Numbers of shares that are possible.
  package static let counts = 2...32

  /// Of the same classes as the model of all strokes, in its features.
  package let models: [LinearModel]
  /// The share of each class's pixels that were answered rightly when they were left out, by id.
  package let accuracies: [UInt8: Double]

  /// Fits them from the model of all strokes; `nil` for trees, and where a class has no strokes
  /// outside a share.
  ///
  /// Stops with `CancellationError` between two passes where `shouldStop` says so.
  package init?(
    of set: TrainingSet, shares: StrokeFolds, from model: ClassifierModel, c: Double,
    workers: ThreadPool? = nil, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    guard let whole = model.linear, shares.folds.count == set.count else { return nil }
    let results = workers.map(shares.count) { share, _ in
      Result { try Refits.refit(share, of: set, shares, from: whole, c, shouldStop) }
    }
    var (models, confusions) = ([LinearModel](), [Confusion]())
    for result in results {
      guard let (model, confusion) = try result.get() else { return nil }
      // As they are read from a classifier's file.
      let (coefficients, intercepts) = model.published
      models.append(
        LinearModel(
          kind: model.kind, ids: model.ids, dim: model.dim, published: coefficients, intercepts))
      confusions.append(confusion)
    }
    self.models = models
    let all = Confusion(adding: confusions)
    accuracies = Dictionary(
      uniqueKeysWithValues: set.ids.enumerated().compactMap { place, id in
        all.accuracy(place).map { (id, $0) }
      })
  }

  /// The model without a share, and what it answers for that; `nil` where a class is gone.
  private static func refit(
    _ share: Int, of set: TrainingSet, _ shares: StrokeFolds, from whole: LinearModel, _ c: Double,
    _ shouldStop: @escaping @Sendable () -> Bool
  ) throws -> (LinearModel, Confusion)? {
    let kept = shares.folds.indices.filter { shares.folds[$0] != share }
    let held = shares.folds.indices.filter { shares.folds[$0] == share }
    let classes = kept.map { set.classes[$0] }
    var confusion = Confusion(classes: set.ids.count)
    guard Set(classes).count == set.ids.count else { return nil }
    let weights = kept.map { set.weights[$0] }
    let part = TrainingSet(
      rows: gather(kept, of: set.features), classes: classes, ids: set.ids,
      weights: set.options.isBalanced
        ? TrainingSet.balanced(weights, classes: classes, count: set.ids.count) : weights)
    let model: LinearModel
    switch whole.kind {
    case .logistic:
      var regression = LogisticRegression()
      (regression.c, regression.tolerance, regression.passLimit) = (c, 1e-5, 300)
      model = try regression.fit(part, from: whole, shouldStop: shouldStop)
    case .lda: model = try DiscriminantAnalysis().fit(ClassMoments(of: part), ids: set.ids)
    case .ridge: model = try RidgeRegression().fit(ClassMoments(of: part), ids: set.ids)
    }
    guard !held.isEmpty else { return (model, confusion) }
    let scores = ScoreKernels.current.products(
      gather(held, of: set.features).all, by: model.coefficients, bias: model.intercepts)
    for (place, row) in held.enumerated() {
      let own = scores[place * set.ids.count..<(place + 1) * set.ids.count]
      let best = own.indices.max { own[$0] < own[$1] } ?? own.startIndex
      confusion.add(truth: Int(set.classes[row]), answer: best - own.startIndex)
    }
    return (model, confusion)
  }
}

extension TrainingSet {
  /// The strokes of the labelled pixels in so many shares, or the images where these are as many.
  ///
  /// `nil` where a class has a single stroke. Of equal rows that were made one, the first tells the stroke.
  package func shares(of images: [TrainingImage], count: Int) -> StrokeFolds? {
    precondition(Refits.counts.contains(count), "\(count) shares")
    return StrokeFolds(of: images.sorted { $0.key < $1.key }, rows: pixels, classes: classes, count)
  }
}
