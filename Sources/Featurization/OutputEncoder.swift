import Scheduling
import Tensors
import Digests
import Fields
import ImageCodecs
import Imaging
import LinearAlgebra
import Rendering

/// Puts what was found into the shape, the type and the format that a request asks for.
struct OutputEncoder {
  let request: FeatureRequest
  let record: FieldRecord
  let workers: ThreadPool
  let reservation: Reservation

  /// Bytes of samples that are made at once, by all workers, before the first goes out.
  private static let sampleBytes = 16 << 20

  /// One array of the output's name.
  func array(_ shape: [Int], _ elements: ChunkedArray, type: ElementType? = nil) -> RenderedOutput {
    arrays([
      (ArrayOutline(name: name, shape: shape, type: type ?? request.dtype.element), elements)
    ])
  }

  /// A field's vectors where they are wanted: `[height, width, dim]`, or `[n, dim]` at points.
  ///
  /// With labels come these, `[n]`, and the points, `[n, 2]` of x and y, where the format holds
  /// many arrays.
  func array(of field: FeatureField, labels: [UInt16]? = nil) -> RenderedOutput {
    guard case .points(let points) = request.selection else {
      let window = request.selection.window(of: field.shown)
      let shape = [window.rows.count, window.columns.count, field.dim]
      let elements =
        request.format.file?.isPlanar == true
        ? ChunkedArray(planesOf: field, window, request.dtype)
        : ChunkedArray(field, window, request.dtype)
      return array(shape, elements)
    }
    let vectors = elements(of: field, at: points)
    let shape = [points.count, field.dim]
    guard let labels, request.format.file?.holdsMany == true else { return array(shape, vectors) }
    return arrays([
      (ArrayOutline(name: name, shape: shape, type: request.dtype.element), vectors),
      (
        ArrayOutline(name: "labels", shape: [labels.count], type: .int32),
        ChunkedArray(int32s: labels.map { Int32($0) })
      ),
      (
        ArrayOutline(name: "points", shape: [points.count, 2], type: .int32),
        ChunkedArray(int32s: points.flatMap { [Int32($0.x), Int32($0.y)] })
      ),
    ])
  }

  private func elements(of field: FeatureField, at points: [Selection.Point]) -> ChunkedArray {
    guard 4 * points.count * field.dim <= OutputEncoder.sampleBytes else {
      return ChunkedArray(field, at: points, request.dtype)
    }
    let vectors = Matrix(rows: points.count, columns: field.dim)
    field.sample(points.map { (x: $0.x, y: $0.y) }, into: vectors.all, workers: workers)
    return ChunkedArray(request.dtype.bytes(of: vectors))
  }

  /// One class for each place, as a grey picture or as bytes.
  func classes(_ classes: [UInt8], of shown: Size) throws(FeaturizationError) -> RenderedOutput {
    if case .points(let points) = request.selection {
      return array([points.count], ChunkedArray(classes), type: .uint8)
    }
    let size = request.selection.window(of: shown).size
    if request.format == .png {
      return try picture(Raster(classes: classes, size: size), cut: false)
    }
    return array([size.height, size.width], ChunkedArray(classes), type: .uint8)
  }

  /// One number for each pixel, as such or through a map of colours from its least to its greatest.
  func levels(_ levels: [Float], of shown: Size) throws(FeaturizationError) -> RenderedOutput {
    if request.format == .png {
      return try picture(Raster(map: levels, size: shown))
    }
    let values = Matrix(rows: shown.height, columns: shown.width, levels)
    let elements = ChunkedArray(request.dtype.bytes(of: values))
    return array([shown.height, shown.width], elements)
  }

  /// A picture of all that is shown, or of the region.
  func picture(_ whole: Raster, cut: Bool = true) throws(FeaturizationError) -> RenderedOutput {
    let window = request.selection.window(of: whole.size)
    let picture = cut ? whole.cropped(window.rows, window.columns) : whole
    let shape = [picture.size.height, picture.size.width]
    do {
      return RenderedOutput(
        shape: picture.channels == 1 ? shape : shape + [picture.channels], stage: stage,
        body: .whole(try encodePNG(picture)))
    } catch {
      throw .image(error)
    }
  }

  /// The name of the output's array.
  private var name: String { request.output.spelling }

  private var stage: String { request.output == .features ? "upsample" : request.output.spelling }

  private func arrays(_ arrays: [(ArrayOutline, ChunkedArray)]) -> RenderedOutput {
    guard let file = request.format.file else {
      preconditionFailure("arrays as \(request.format)")
    }
    var arrays = arrays.map { (outline: $0, elements: $1) }
    let first = arrays[0].outline
    if file == .npz, first.name == "features", first.shape.count == 3 {
      // SAMBA's cache looks for its array under this name.
      let twin = ArrayOutline(name: "a", shape: first.shape, type: first.type)
      arrays.append((twin, arrays[0].elements))
    }
    let stream = ArrayStream(arrays, as: file, metadata: provenance, reservation: reservation)
    return RenderedOutput(shape: first.shape, stage: stage, body: .stream(stream))
  }

  /// Where the arrays come from, for formats that keep it.
  private var provenance: [String: String] {
    [
      "field": record.with(request: request.field).name.description,
      "image": record.image.imageName,
      "model": request.field.model, "weights": "sha256-\(record.weights)",
      "request": canonical(request),
    ]
  }
}

extension FeatureRequest.Format {
  /// The kind of file; a picture is none.
  var file: ArrayFormat? {
    switch self {
    case .npy: .npy
    case .npz: .npz
    case .safetensors: .safetensors
    case .raw: .raw
    case .tiff: .tiff
    case .png, .json: nil
    }
  }
}

extension ChunkedArray {
  fileprivate init(int32s: [Int32]) {
    self.init(
      int32s.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } })
  }
}
