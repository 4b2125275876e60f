import Encoders
import Fields
import Imaging
import LinearAlgebra
import Synchronization

/// The encodings of an image's views: all that a field needs, without pixels.
package struct EncodedImage: Sendable {
  /// The request's record, which leaves the upsampling open.
  let record: FieldRecord
  let canvas: Canvas
  /// Pixels along a side of each vector's cell.
  let patch: Int
  /// Pixels of which both sides of the canvas are multiples.
  let unit: Int
  /// The grey levels of the image as shown, `[height · width]`.
  let grey: [UInt8]
  /// The image as the model saw it, to guide an upsampler; `nil` if there is none.
  let guide: InputPlanes?
  /// What was looked at.
  let source: SourceDescription
  /// The tiles that it was encoded in just now; `nil` where there were none, or it was read.
  var tiles: TileLayout?
  /// One encoding per view, in the order of the request's views.
  let encodings: [StoredEncoding]
  private let memo = FieldMemo()

  var dim: Int { encodings[0].dim }
  var views: [(view: View, count: Int)] { record.request.views(of: canvas.encoded) }

  /// Bytes of memory.
  var bytes: Int {
    encodings.reduce(grey.count + 4 * (guide?.values.count ?? 0)) { $0 + $1.bytes }
  }

  /// Whether any two pixels differ; otherwise vectors tell nothing but where they are.
  var hasContrast: Bool { grey.contains { $0 != grey[0] } }

  /// The number of pixels shown.
  var area: Int { canvas.shown.width * canvas.shown.height }

  /// Bytes of the identity view's vectors as float32, where they are stored as float16.
  var bytesWidened: Int { encodings[0].vectors.bytesWidened }

  /// Class logits of the identity view, `[classes]`; empty without a classifier.
  var logits: [Float] { encodings[0].logits }

  /// The field of the patches' vectors, or of the upsampler's output.
  ///
  /// The interpolation is set up once and kept, where that copies no vector.
  func features(_ request: FieldRequest, _ guided: GuidedMap?) -> FeatureField {
    if let guided { return FeatureField(canvas: canvas, guided: guided) }
    if let field = memo.field(request) { return field }
    let field = field(request, of: \.map)
    if field.sharesMaps { memo.keep(field, for: request) }
    return field
  }

  /// The field of some maps, one for each view.
  func field(
    _ request: FieldRequest, of map: (StoredEncoding) -> StoredMap
  ) -> FeatureField {
    precondition(request.encodings == record.request, "\(request) of \(record.request)")
    return FeatureField(
      canvas: canvas, patch: patch, stride: request.encodeOptions.stride,
      upsampling: request.upsampling,
      alignment: request.alignment,
      stored: zip(views, encodings).map { (view: $0.view, weight: $0.count, map: map($1)) })
  }

  /// The field of the identity view's map, upsampled by the weights of a guided map.
  func field(_ guided: GuidedMap, of map: (StoredEncoding) -> FeatureMap) -> FeatureField {
    let map = map(encodings[0])
    return FeatureField(
      canvas: canvas,
      guided: GuidedMap(
        map: map, upsampling: guided.upsampling, constant: Array(repeating: 0, count: map.dim)))
  }

  /// The size of the identity view's patch grid, as pixels.
  var patchSize: Size {
    let grid = encodings[0].grid
    return Size(width: grid.columns, height: grid.rows)
  }

  /// The identity view's map without interpolation: one pixel per patch.
  func patches(of map: (StoredEncoding) -> StoredMap) -> FeatureField {
    let map = map(encodings[0])
    guard let canvas = Canvas(patchSize, fit: .pad, patch: 1) else {
      preconditionFailure("a grid of \(patchSize)")
    }
    return FeatureField(
      canvas: canvas, patch: 1, stride: 1, upsampling: .nearest, alignment: .patches,
      stored: [(view: .identity, weight: 1, map: map)])
  }

  /// The same image with the encodings of its first views.
  func with(_ encodings: [StoredEncoding], guide: InputPlanes? = nil) -> EncodedImage {
    EncodedImage(
      record: record, canvas: canvas, patch: patch, unit: unit, grey: grey, guide: guide,
      source: source, tiles: tiles, encodings: encodings)
  }

  /// How many of its views are there, and how many it has when it is complete, with repetitions.
  var viewCounts: (done: Int, all: Int) {
    let counts = views.map(\.count)
    return (counts.prefix(encodings.count).reduce(0, +), counts.reduce(0, +))
  }
}

/// The fields made of one image's encodings, which differ in upsampling and alignment only.
private final class FieldMemo: Sendable {
  private let fields = Mutex<[FieldRequest: FeatureField]>([:])

  func field(_ request: FieldRequest) -> FeatureField? { fields.withLock { $0[request] } }

  func keep(_ field: FeatureField, for request: FieldRequest) {
    fields.withLock { $0[request] = field }
  }
}
