import Analysis
package import Encoders
import Fields
import Imaging
import LinearAlgebra
import Rendering
import Segmentation

/// `output=saliency`: a mask of the object that stands out, its edge refined along the picture's.
///
/// As an array it is what the mask was cut from, at every pixel. Source: TokenCut's saliency; its
/// bilateral solver is a clean-up that can be chosen, a guided filter what is done unless asked.
package struct SaliencyOutput: Output {
  package let objects: ObjectOptions
  /// `nil` for a guided filter of a cell's radius.
  package let clean: Cleanup?
  package let selection: Selection
  package var kind: OutputKind { .saliency }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    objects.field(from: field)
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let image = try await query.image()
    let found = try await query.objects(by: objects.method ?? .tokencut, objects, of: image)
    let picture = FieldPicture(image.encoded)
    let usual = Cleanup.alongEdges(cell: query.record.request.encodeOptions.stride)
    let clean = self.clean ?? usual
    let bytes = (48 + clean.bytesOfPixel(classes: 2)) * picture.grey.count
    return Rendering(bytes: Footprint.Bytes(making: bytes)) {
      encoder throws(FeaturizationError) in
      guard encoder.request.format == .png else {
        let map = CellMap(grid: image.encoded.encodings[0].grid, values: found.map)
        let levels = map.pixels(of: image, .bilinear, workers: encoder.threads)
        try selection.check(in: picture.size)
        let window = selection.window(of: picture.size)
        let part = window.rows.flatMap { row in
          window.columns.map { levels[row * picture.size.width + $0] }
        }
        return try encoder.levels(
          Matrix(rows: 1, columns: part.count, part), of: window.size, .float32)
      }
      let masks = found.objects.map { CellMap(mask: $0.mask) }
      let mask = try clean.mask(
        masks.map { $0.pixels(of: image, .nearest, workers: encoder.threads) },
        guide: picture.levels, workers: encoder.threads)
      return try encoder.picture(Raster(mask: mask, size: picture.size), of: selection)
    }
  }
}

/// One number for each cell of the first view.
struct CellMap {
  let grid: Grid
  let values: [Float]

  init(grid: Grid, values: [Float]) {
    precondition(values.count == grid.count, "\(values.count) values, \(grid)")
    (self.grid, self.values) = (grid, values)
  }

  init(mask: CellMask) {
    self.init(grid: mask.grid, values: mask.cells.map { $0 ? 1 : 0 })
  }

  /// The numbers at every pixel of an image of one view, `[height · width]`.
  func pixels(of image: FieldImage, _ upsampling: Upsampling, workers: ThreadPool) -> [Float] {
    var request = image.request
    (request.upsampling, request.alignment) = (upsampling, .patches)
    let map = FeatureMap(grid: grid, vectors: Matrix(rows: grid.count, columns: 1, values))
    return image.encoded.field(request) { _ in StoredMap(map) }
      .strips(workers) { $1.values }.flatMap { $0 }
  }
}

extension Cleanup {
  /// A guided filter that reaches over one cell.
  static func alongEdges(cell: Int) -> Cleanup {
    var clean = Cleanup()
    clean.guided = GuidedFilter(radius: min(max(cell, 1), 64))
    return clean
  }

  /// The largest connected part of several masks' union after the steps, its holes filled.
  func mask(
    _ masks: [[Float]], guide: GreyPicture, workers: ThreadPool
  ) throws(FeaturizationError) -> [Bool] {
    let (size, count) = (guide.size, guide.size.width * guide.size.height)
    var planes = [Float](repeating: 0, count: 2 * count)
    for place in 0..<count {
      let inside = masks.reduce(0) { max($0, $1[place]) }
      (planes[place], planes[count + place]) = (inside - 0.5, 0.5 - inside)
    }
    let scores = try scores(
      Scores(size: size, ids: [1, 2], planes: Matrix(rows: 2, columns: count, planes)),
      guide: guide, workers: workers)
    let refined = refined(scores, guide: guide, workers: workers).map {
      Scores(size: $0.size, ids: $0.ids, planes: $0.planes)
    }
    let labels = labels(
      (refined ?? scores).labels(workers: workers), ids: [1, 2], workers: workers)
    let objects = Components(of: labels, ids: [1], .four)
    let areas = objects.areas
    guard let most = areas.max(), let largest = areas.firstIndex(of: most) else {
      return [Bool](repeating: false, count: count)
    }
    let one = LabelImage(
      size: size, ids: objects.objects.map { Int($0) == largest + 1 ? 1 : 2 })
    let filled = SmallObjects(leastAreas: [:], holeAreas: [1: count + 1])(one)
    return filled.ids.map { $0 == 1 }
  }
}

extension OutputKind {
  package static let saliency = OutputKind(
    "saliency", formats: [.png] + FeatureRequest.Format.arrays,
    parameters: ObjectOptions.parameters + [.clean, .region]
  ) { options throws(ParameterError) in
    // What the mask was cut from has no edge to be refined.
    if options.given.has(.clean), options.format != .png { throw .conflict(.clean, .format) }
    return SaliencyOutput(
      objects: try ObjectOptions(options, among: [.tokencut, .spectral, .lost]),
      clean: try options.given.value(.clean) { Cleanup($0) },
      selection: try options.given.value(.region, Selection.all) { Selection(region: $0) })
  }
}
