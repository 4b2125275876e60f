import Encoders
import Fields
import Imaging
import LinearAlgebra
import Rendering

/// A query to a field.
struct Question {
  let name: String
  let put: () -> Void

  private static let size = Size(width: 1024, height: 896)
  private static let dim = 384

  /// Writes as many bytes as all features have, a block at a time: the cost of memory alone.
  static func fill(_ workers: ThreadPool) {
    let rows = size.height / 8
    workers.forEach(rows) { _, _ in
      MutableMatrix(rows: 8 * size.width, columns: dim).all.fill(1)
    }
  }

  static func all(_ workers: ThreadPool) throws -> [Question] {
    try Upsampling.allCases.flatMap { upsampling in
      try questions(upsampling.rawValue, field(upsampling), workers)
    }
  }

  private static func questions(_ kind: String, _ field: FeatureField, _ workers: ThreadPool) throws
    -> [Question]
  {
    let basis = try Basis(of: field, workers: workers).first(3)
    let classes = Matrix(rows: 3, columns: dim, numbers(3 * dim))
    let query = field.pixel(x: 500, y: 400)
    let norms = Norms(of: field, workers: workers)
    let points = zip(numbers(2000), numbers(4000).suffix(2000)).map {
      (x: Int(($0 + 1) * 511), y: Int(($1 + 1) * 447))
    }
    let samples = MutableMatrix(rows: points.count, columns: dim)
    let region = MutableMatrix(rows: 256 * 256, columns: dim)
    let questions: [(String, () -> Void)] = [
      ("2000 samples", { field.sample(points, into: samples.all, workers: workers) }),
      (
        "region 256×256",
        {
          field.region(
            rows: 300..<556, columns: 400..<656, into: region.all, workers: workers)
        }
      ),
      (
        "labels of 3 classes",
        { _ = field.projected(onto: classes, workers: workers).labels(workers: workers) }
      ),
      (
        "PCA picture",
        {
          _ = Raster(
            falseColours: field.projected(onto: basis, workers: workers), workers: workers)
        }
      ),
      ("norms", { _ = Norms(of: field, workers: workers) }),
      (
        "similarity picture, norms known",
        {
          let map = field.similarity(to: query, norms: norms, workers: workers)
          _ = Raster(map: map, size: field.shown, workers: workers)
        }
      ),
      ("all rows, float32", { write(field, .float32, workers) }),
      ("all rows, float16", { write(field, .float16, workers) }),
      ("covariance", { _ = Covariance(of: field, workers: workers) }),
    ]
    return questions.map { Question(name: "\(kind): \($0.0)", put: $0.1) }
  }

  /// Computes the bytes of all rows in chunks, as an answer is written.
  private static func write(_ field: FeatureField, _ format: FloatFormat, _ workers: ThreadPool) {
    workers.forEach(size.height) { row, _ in
      var bytes: [UInt8] = []
      format.append(field, rows: row..<row + 1, columns: 0..<size.width, to: &bytes)
    }
  }

  private static func field(_ upsampling: Upsampling) throws -> FeatureField {
    guard let canvas = Canvas(size, fit: .pad, patch: 14) else { throw NoCanvas() }
    let grid = Grid(of: canvas.encoded, patch: 14, stride: 14)
    return FeatureField(
      canvas: canvas, patch: 14, stride: 14, upsampling: upsampling, alignment: .patches,
      views: Job.moore.map {
        (
          $0, 1,
          FeatureMap(
            grid: grid, vectors: Matrix(rows: grid.count, columns: dim, numbers(grid.count * dim)))
        )
      })
  }

  private struct NoCanvas: Error {}

  /// Pseudorandom numbers between −1 and 1, with a fixed seed.
  private static func numbers(_ count: Int) -> [Float] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 23) - 1
    }
  }
}
