import Encoders
import Fields
import Imaging
import LinearAlgebra
import Synchronization

/// What the views of one image became in an encoder: all that a field needs, and no pixel of it.
package struct EncodedImage: Sendable {
  /// What decided it; how it is upsampled is left open.
  let record: FieldRecord
  let canvas: Canvas
  /// Pixels along a side of what each vector stands for.
  let patch: Int
  /// What both sides of the canvas are multiples of.
  let unit: Int
  /// The grey levels of what is shown, `[height · width]`.
  let grey: [UInt8]
  /// The image as the model saw it, where an upsampler is to be guided by it.
  let guide: InputPlanes?
  /// In the order of the request's views.
  let encodings: [StoredEncoding]
  private let memo = FieldMemo()

  var dim: Int { encodings[0].dim }
  var views: [(view: View, count: Int)] { record.request.views(of: canvas.encoded) }

  /// Bytes of memory.
  var bytes: Int {
    encodings.reduce(grey.count + 4 * (guide?.values.count ?? 0)) { $0 + $1.bytes }
  }

  /// Bytes of memory that its patches take where they are read, beside `bytes`.
  var bytesWhenRead: Int { encodings.reduce(0) { $0 + $1.bytesWhenRead } }

  /// What the model's own head makes of the identity view; none where it has none.
  var logits: [Float] { encodings[0].logits }

  /// The field that the patches' vectors make, or what an upsampler made of them.
  ///
  /// What it takes to read it is found out once, where that holds no vector twice.
  func features(_ request: FieldRequest, _ guided: GuidedMap?) -> FeatureField {
    if let guided { return FeatureField(canvas: canvas, guided: guided) }
    if let field = memo.field(request) { return field }
    let field = field(request, of: \.patches)
    if bytesWhenRead == 0, field.sharesMaps { memo.keep(field, for: request) }
    return field
  }

  /// The field that some maps make, one for each view.
  func field(
    _ request: FieldRequest, of map: (StoredEncoding) -> FeatureMap
  ) -> FeatureField {
    precondition(request.encodings == record.request, "\(request) of \(record.request)")
    return FeatureField(
      canvas: canvas, patch: patch, stride: request.encodeOptions.stride,
      upsampling: request.upsampling,
      alignment: request.alignment,
      views: zip(views, encodings).map { (view: $0.view, weight: $0.count, map: map($1)) })
  }

  /// The field of the identity view's map, made finer by the weights of another.
  func field(_ guided: GuidedMap, of map: (StoredEncoding) -> FeatureMap) -> FeatureField {
    let map = map(encodings[0])
    return FeatureField(
      canvas: canvas,
      guided: GuidedMap(
        map: map, upsampling: guided.upsampling, constant: Array(repeating: 0, count: map.dim)))
  }

  /// The identity view's patches as pixels.
  var patchSize: Size {
    let grid = encodings[0].grid
    return Size(width: grid.columns, height: grid.rows)
  }

  /// The identity view's map as it is: each patch a pixel.
  func patches(of map: (StoredEncoding) -> FeatureMap) -> FeatureField {
    let map = map(encodings[0])
    guard let canvas = Canvas(patchSize, fit: .pad, patch: 1) else {
      preconditionFailure("a grid of \(patchSize)")
    }
    return FeatureField(
      canvas: canvas, patch: 1, stride: 1, upsampling: .nearest, alignment: .patches,
      views: [(view: .identity, weight: 1, map: map)])
  }

  /// The identity view alone, which is always the first.
  var identityAlone: EncodedImage {
    EncodedImage(
      record: record.with(request: record.request.identityAlone), canvas: canvas, patch: patch,
      unit: unit,
      grey: grey, guide: nil, encodings: [encodings[0]])
  }
}

/// Fields of one image's encodings, which differ only in how they are upsampled and aligned.
private final class FieldMemo: Sendable {
  private let fields = Mutex<[FieldRequest: FeatureField]>([:])

  func field(_ request: FieldRequest) -> FeatureField? { fields.withLock { $0[request] } }

  func keep(_ field: FeatureField, for request: FieldRequest) {
    fields.withLock { $0[request] = field }
  }
}
