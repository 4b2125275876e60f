import Foundation
import LinearAlgebra
import Segmentation
import Support
import Testing

/// Rows and scikit-learn's classifiers of them.
struct ClassifierCase {
  let rows: Matrix
  let classes: [Int32]
  let weights: [Double]
  let c: Double
  let count: Int
  private let index: Int
  private let fixture: Fixture

  static let all = 0..<8

  init(_ index: Int) throws {
    fixture = try Fixture("Classifiers/classifiers.safetensors")
    self.index = index
    let shape = try fixture.shape("\(index).rows")
    rows = Matrix(rows: shape[0], columns: shape[1], try fixture.floats("\(index).rows"))
    classes = try fixture.integers("\(index).classes").map { Int32($0) }
    weights = try fixture.doubles("\(index).weights")
    c = try fixture.doubles("\(index).c")[0]
    count = Int(classes.max() ?? 0) + 1
  }

  var ids: [UInt8] { (0..<count).map { UInt8($0 + 1) } }
  /// The rows, classes counting alike.
  var set: TrainingSet {
    TrainingSet(rows: rows, classes: classes, ids: ids, weights: balanced)
  }
  var balanced: [Double] { TrainingSet.balanced(weights, classes: classes, count: count) }

  /// scikit-learn's weights, and its constants with their mean taken off.
  func expected(_ kind: String) throws -> LinearModel {
    let values = try fixture.doubles("\(index).\(kind)")
    let (dim, vectors) = (rows.columns, values.count / (rows.columns + 1))
    let w = (0..<vectors).flatMap { values[$0 * (dim + 1)..<$0 * (dim + 1) + dim] }
    let b = (0..<vectors).map { values[$0 * (dim + 1) + dim] }
    return LinearModel(kind: .logistic, ids: ids, dim: dim, published: w, b)
  }

  func probabilities(_ model: LinearModel) -> [[Double]] {
    (0..<rows.rows).map { row in
      let x = rows.row(row)
      let z = (0..<count).map { k in
        (0..<x.count).reduce(model.intercepts[k]) {
          $0 + model.coefficients[k * x.count + $1] * Double(x[$1])
        }
      }
      let most = z.max() ?? 0
      let e = z.map { exp($0 - most) }
      return e.map { $0 / e.reduce(0, +) }
    }
  }
}

/// The largest difference, relative to the largest value.
func difference(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).map { ($0 - $1).magnitude }.reduce(0, max) / b.map(\.magnitude).reduce(0, max)
}

@Suite("Linear models") struct LinearModelTests {
  @Test(arguments: ClassifierCase.all)
  func `LogisticRegression: weights and probabilities equal scikit-learn's`(index: Int) throws {
    let data = try ClassifierCase(index)
    var options = LogisticRegression()
    options.c = data.c
    let found = try options.fit(data.set)
    let expected = try data.expected("logistic")
    #expect(found.hasConverged)
    let error = difference(found.coefficients, expected.coefficients)
    #expect(error <= 1e-5, "weights differ by \(error)")
    for (a, b) in zip(data.probabilities(found), data.probabilities(expected)) {
      for (p, q) in zip(a, b) { try #require(abs(p - q) <= 1e-5) }
    }
    // Scikit-learn's constants add up to zero as well, or nearly.
    let shift = expected.intercepts.reduce(0, +) / Double(data.count)
    #expect(difference(found.intercepts, expected.intercepts.map { $0 - shift }) <= 1e-4)
  }

  @Test(arguments: ClassifierCase.all)
  func `DiscriminantAnalysis: weights and constants equal scikit-learn's`(index: Int) throws {
    let data = try ClassifierCase(index)
    var moments = ClassMoments(classes: data.count, dim: data.rows.columns)
    moments.add(
      data.rows, classes: data.classes,
      weights: [Double](repeating: 1, count: data.classes.count))
    let found = try DiscriminantAnalysis().fit(moments, ids: data.ids)
    let expected = try data.expected("lda")
    #expect(difference(found.coefficients, expected.coefficients) <= 1e-10)
    #expect(difference(found.intercepts, expected.intercepts) <= 1e-10)
  }

  @Test(arguments: ClassifierCase.all)
  func `RidgeRegression: weights and constants equal scikit-learn's`(index: Int) throws {
    let data = try ClassifierCase(index)
    var moments = ClassMoments(classes: data.count, dim: data.rows.columns)
    moments.add(data.rows, classes: data.classes, weights: data.balanced)
    let found = try RidgeRegression().fit(moments, ids: data.ids)
    let expected = try data.expected("ridge")
    #expect(difference(found.coefficients, expected.coefficients) <= 1e-10)
    #expect(difference(found.intercepts, expected.intercepts) <= 1e-10)
  }

  @Test(arguments: ClassifierCase.all)
  func `ClassMoments: rows added and taken away leave what was there`(index: Int) throws {
    let data = try ClassifierCase(index)
    let half = data.rows.rows / 2
    var moments = ClassMoments(classes: data.count, dim: data.rows.columns)
    moments.add(data.rows, classes: data.classes, weights: data.weights)
    let before = moments
    let part = gather(Array(0..<half), of: data.rows)
    for taking in [true, false] {
      moments.add(
        part, classes: Array(data.classes[..<half]), weights: Array(data.weights[..<half]),
        taking: taking)
    }
    let (a, b) = (
      try RidgeRegression().fit(moments, ids: data.ids),
      try RidgeRegression().fit(before, ids: data.ids)
    )
    #expect(difference(a.coefficients, b.coefficients) <= 1e-9)
  }
}

@Suite("Laws of logistic regression") struct LogisticRegressionLawsTests {
  private func fit(_ data: ClassifierCase, _ rows: Matrix, _ classes: [Int32], _ weights: [Double])
    throws -> LinearModel
  {
    var options = LogisticRegression()
    options.c = data.c
    return try options.fit(
      TrainingSet(rows: rows, classes: classes, ids: data.ids, weights: weights))
  }

  @Test(arguments: ClassifierCase.all)
  func `LogisticRegression: the order of rows makes no difference`(index: Int) throws {
    let data = try ClassifierCase(index)
    let order = Array((0..<data.rows.rows).reversed())
    let a = try fit(data, data.rows, data.classes, data.balanced)
    let b = try fit(
      data, gather(order, of: data.rows), order.map { data.classes[$0] },
      order.map { data.balanced[$0] })
    #expect(difference(a.coefficients, b.coefficients) <= 1e-7)
  }

  @Test(arguments: ClassifierCase.all)
  func `LogisticRegression: a weight of two is a row twice`(index: Int) throws {
    let data = try ClassifierCase(index)
    let order = Array(0..<data.rows.rows) + Array(stride(from: 0, to: data.rows.rows, by: 3))
    let twice = data.balanced.indices.map { data.balanced[$0] * ($0 % 3 == 0 ? 2 : 1) }
    let a = try fit(data, data.rows, data.classes, twice)
    let b = try fit(
      data, gather(order, of: data.rows), order.map { data.classes[$0] },
      order.map { data.balanced[$0] })
    #expect(difference(a.coefficients, b.coefficients) <= 1e-7)
  }

  @Test(arguments: ClassifierCase.all)
  func `LogisticRegression: a constant feature changes nothing else`(index: Int) throws {
    let data = try ClassifierCase(index)
    let dim = data.rows.columns
    let wider = MutableMatrix(rows: data.rows.rows, columns: dim + 1)
    wider[rows: 0..<data.rows.rows, columns: 0..<dim].copy(data.rows.all)
    wider[rows: 0..<data.rows.rows, columns: dim..<dim + 1].fill(1)
    let a = try fit(data, data.rows, data.classes, data.balanced)
    let b = try fit(data, wider.frozen(), data.classes, data.balanced)
    let kept = (0..<data.count).flatMap { b.coefficients[$0 * (dim + 1)..<$0 * (dim + 1) + dim] }
    #expect(difference(kept, a.coefficients) <= 1e-6)
  }

  @Test(arguments: ClassifierCase.all)
  func `LogisticRegression: the certificate bounds the distance to the optimum`(index: Int) throws {
    let data = try ClassifierCase(index)
    let best = try fit(data, data.rows, data.classes, data.balanced)
    for tolerance in [1e-2, 1e-3, 1e-5] {
      var options = LogisticRegression()
      (options.c, options.tolerance) = (data.c, tolerance)
      let early = try options.fit(data.set)
      let scale = data.count == 2 ? 2.0.squareRoot() : 1
      let distance = zip(early.coefficients, best.coefficients).reduce(0) {
        $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
      }.squareRoot()
      #expect(scale * distance <= early.certificate + best.certificate)
    }
  }

  @Test(arguments: ClassifierCase.all)
  func `LogisticRegression: threads make no difference, and neither does an earlier start`(
    index: Int
  ) throws {
    let data = try ClassifierCase(index)
    var options = LogisticRegression()
    options.c = data.c
    let alone = try options.fit(data.set)
    for count in 1...3 {
      let workers = ThreadPool(count: count)
      defer { workers.close() }
      let found = try options.fit(data.set, workers: workers)
      #expect(found.coefficients == alone.coefficients && found.intercepts == alone.intercepts)
    }
    let start = LinearModel(
      kind: .logistic, ids: alone.ids, dim: alone.dim,
      coefficients: alone.coefficients.map { 1.02 * $0 }, intercepts: alone.intercepts)
    let warm = try options.fit(data.set, from: start)
    #expect(warm.passes < alone.passes)
    #expect(difference(warm.coefficients, alone.coefficients) <= 1e-6)
  }

  @Test func `LogisticRegression: it stops between passes when told so`() throws {
    let data = try ClassifierCase(0)
    #expect(throws: CancellationError.self) {
      try LogisticRegression().fit(data.set, shouldStop: { true })
    }
  }
}
