import Analysis
import Encoders
import Fields
import Imaging
import LinearAlgebra
import Segmentation

/// What stands out in an image, found among the cells of its first view.
package struct FoundObjects: DerivedValue {
  /// How objects are found.
  package enum Method: String, Sendable, Hashable, Codable, CaseIterable {
    case tokencut, spectral, most, lost
  }

  struct Object: Sendable {
    let mask: CellMask
    /// The mean of the map inside, divided by its largest value.
    let score: Double
  }

  let objects: [Object]
  /// What the object was cut from, positive inside, divided by its largest magnitude, `[cells]`;
  /// empty where every object has its own.
  let map: [Float]
  /// The smallest eigenvalues of a graph; empty without one.
  let eigenvalues: [Double]

  var bytes: Int { 4 * map.count + objects.reduce(0) { $0 + $1.mask.cells.count } }
}

extension FoundObjects {
  /// Most cells that are compared one with all others; more are averaged first.
  private static func mostCells(_ method: Method) -> Int {
    method == .spectral ? DeepSpectral.mostCells : TokenCut.mostCells
  }

  /// Bytes of memory while they are looked for among so many cells of a dimension.
  static func bytes(_ method: Method, cells: Int, dim: Int) -> Int {
    let count = min(cells, mostCells(method))
    let tiles = 16 * 256 * 4 * count
    let edges =
      switch method {
      case .tokencut: count * count / 4
      case .spectral: 4 * count * count
      case .lost, .most: 0
      }
    // Vectors averaged, centred and divided by their lengths; the eigenvectors' basis.
    return 12 * count * dim + tiles + edges + 8 * 128 * count
  }

  /// Finds objects among an image's cells, whose vectors' mean is taken away where `isCentred`.
  ///
  /// Throws `FeaturizationError.analysis`, or `CancellationError` once it should stop.
  init(
    _ method: Method, among map: FeatureMap, isCentred: Bool, threshold: Float, cell: Int,
    workers: ThreadPool, shouldStop: @escaping @Sendable () -> Bool
  ) throws {
    let (coarse, side) = CellVectors(map).averaged(atMost: FoundObjects.mostCells(method))
    let cells = isCentred ? coarse.centred : coarse
    do {
      switch method {
      case .tokencut:
        let cut = try TokenCut(
          of: cells, threshold: threshold, workers: workers, shouldStop: shouldStop)
        self.init([cut.object], cut.vector, cut.eigenvalues, side, map.grid)
      case .spectral:
        let found = try DeepSpectral(of: cells, workers: workers, shouldStop: shouldStop)
        self.init(found.object.parts, found.vectors[1], found.eigenvalues, side, map.grid)
      case .lost:
        let found = try LOST(of: cells, workers: workers, shouldStop: shouldStop)
        self.init([found.object], found.map, [], side, map.grid)
      case .most:
        let found = try MOST(
          of: cells, cell: cell * side, workers: workers, shouldStop: shouldStop)
        self.init(
          objects: zip(found.objects, found.maps).map { mask, sums in
            FoundObjects.object(mask, FoundObjects.scaled(sums), side, map.grid)
          }, map: [], eigenvalues: [])
      }
    } catch let error as AnalysisError {
      throw FeaturizationError.analysis(error)
    }
  }

  private init(
    _ masks: [CellMask], _ values: [Double], _ eigenvalues: [Double], _ side: Int, _ grid: Grid
  ) {
    let scaled = FoundObjects.scaled(values)
    let coarse = masks.first?.grid ?? grid
    self.init(
      objects: masks.map { FoundObjects.object($0, scaled, side, grid) },
      map: (0..<grid.count).map { cell in
        scaled[cell / grid.columns / side * coarse.columns + cell % grid.columns / side]
      }, eigenvalues: eigenvalues)
  }

  private static func scaled(_ values: [Double]) -> [Float] {
    let largest = values.reduce(0) { max($0, $1.magnitude) }
    return values.map { Float($0 / (largest > 0 ? largest : 1)) }
  }

  private static func object(
    _ mask: CellMask, _ map: [Float], _ side: Int, _ grid: Grid
  ) -> Object {
    let inside = mask.cells.indices.filter { mask.cells[$0] }
    let sum = inside.reduce(0.0) { $0 + Double(map[$1]) }
    return Object(
      mask: mask.spread(by: side, over: grid), score: sum / Double(max(inside.count, 1)))
  }
}

extension Query {
  /// The objects of the field, found once.
  ///
  /// Throws as `FoundObjects`, also where the picture is the same everywhere.
  func objects(
    by method: FoundObjects.Method, _ options: ObjectOptions, of image: FieldImage
  ) async throws -> FoundObjects {
    guard image.encoded.hasContrast else { throw FeaturizationError.analysis(.noContrast) }
    let first = image.encoded.encodings[0]
    let threads = service.threads
    let cell = record.request.encodeOptions.stride
    let bytes =
      image.encoded.bytesWidened
      + FoundObjects.bytes(method, cells: first.grid.count, dim: first.dim)
    let name = DerivedName(
      FoundObjects.self, of: record.name(of: "objects \(canonical(options))"), .patch)
    return try await service.derived(name) { [service, owner] in
      try await service.cancellably(bytes, owner) { shouldStop in
        try FoundObjects(
          method, among: first.patches, isCentred: options.isCentred, threshold: options.threshold,
          cell: cell, workers: threads, shouldStop: shouldStop)
      }
    }
  }
}
