import Files
import Fields
import ImageCodecs
import Imaging
import LinearAlgebra
import Rendering
import Scheduling
import Tensors

/// Encodes an output in the requested shape, type and format.
package struct OutputEncoder {
  let request: FeatureRequest
  let record: FieldRecord
  let threads: ThreadPool
  let memory: AnswerMemory
  /// The extent of the pixels, for formats that state it.
  var resolution: TIFFResolution?
  /// Whether the client has gone, or asks for something else.
  var shouldStop: @Sendable () -> Bool = { false }

  /// Bytes of samples computed at once, by all threads, before the first are sent.
  static let sampleBytes = 16 << 20

  /// One array with the output's name.
  func array(_ shape: [Int], _ elements: ChunkedArray, _ type: ElementType) -> RenderedOutput {
    array(shape, ArrayParts(elements), type)
  }

  /// A field's vectors at the selection: `[height, width, dim]`, or `[n, dim]` at points.
  ///
  /// Planes of vectors of length 1 cost less where the lengths before are given.
  func array(
    of field: FeatureField, at selection: Selection, _ dtype: FloatFormat, lengths: Norms? = nil
  ) throws(FeaturizationError) -> RenderedOutput {
    try selection.check(in: field.shown)
    return array(
      selection.shape(in: field.shown) + [field.dim],
      elements(of: field, at: selection, dtype, lengths: lengths), dtype.element)
  }

  /// The elements of such an array; the selection is inside the field.
  func elements(
    of field: FeatureField, at selection: Selection, _ dtype: FloatFormat, lengths: Norms? = nil
  ) -> ChunkedArray {
    if case .points(let points) = selection { return elements(of: field, at: points, dtype) }
    let window = selection.window(of: field.shown)
    return request.format.file?.isPlanar == true
      ? ChunkedArray(planesOf: field, window, dtype, lengths: lengths)
      : ChunkedArray(field, window, dtype)
  }

  /// An array of several pages, whose elements are obtained page by page.
  func array(_ shape: [Int], _ parts: ArrayParts, _ type: ElementType) -> RenderedOutput {
    arrays([(ArrayOutline(name: request.kind.name, shape: shape, type: type), parts)])
  }

  /// A field's vectors at posted points, `[n, dim]`.
  ///
  /// With labels, formats of several arrays also get these, `[n]`, and the points, `[n, 2]` of x
  /// and y.
  func sample(
    of field: FeatureField, at upload: PointUpload, _ dtype: FloatFormat
  ) throws(FeaturizationError) -> RenderedOutput {
    let points = upload.points
    guard let labels = upload.labels, request.format.file?.holdsMany == true else {
      return try array(of: field, at: .points(points), dtype)
    }
    try Selection.points(points).check(in: field.shown)
    let shape = [points.count, field.dim]
    return arrays([
      (
        ArrayOutline(name: request.kind.name, shape: shape, type: dtype.element),
        ArrayParts(elements(of: field, at: points, dtype))
      ),
      (
        ArrayOutline(name: "labels", shape: [labels.count], type: .int32),
        ArrayParts(ChunkedArray(int32s: labels.map { Int32($0) }))
      ),
      (
        ArrayOutline(name: "points", shape: [points.count, 2], type: .int32),
        ArrayParts(ChunkedArray(int32s: points.flatMap { [Int32($0.x), Int32($0.y)] }))
      ),
    ])
  }

  private func elements(
    of field: FeatureField, at points: [Selection.Point], _ dtype: FloatFormat
  ) -> ChunkedArray {
    guard 4 * points.count * field.dim <= OutputEncoder.sampleBytes else {
      return ChunkedArray(field, at: points, dtype)
    }
    let vectors = MutableMatrix(rows: points.count, columns: field.dim)
    field.sample(points.map { (x: $0.x, y: $0.y) }, into: vectors.all, workers: threads)
    return ChunkedArray(dtype.bytes(of: vectors.view))
  }

  /// The index of the largest value at each place, as a grey picture or as bytes.
  func classes(
    of field: FeatureField, at selection: Selection
  ) throws(FeaturizationError) -> RenderedOutput {
    try selection.check(in: field.shown)
    let classes = field.classes(at: selection, threads)
    if case .points(let points) = selection {
      return array([points.count], ChunkedArray(classes), .uint8)
    }
    let size = selection.window(of: field.shown).size
    guard request.format == .png else {
      return array([size.height, size.width], ChunkedArray(classes), .uint8)
    }
    return try picture(Raster(classes: classes, size: size), of: .all)
  }

  /// Planes as an array, `[planes, height · width] → [height, width, planes]`.
  func interleaved(
    _ planes: Matrix, _ size: Size, _ type: ProbabilityFormat
  ) -> RenderedOutput {
    let (count, width, bytes) = (planes.rows, size.width, type.element.size)
    let isPlanar = request.format.file?.isPlanar == true
    let elements = ChunkedArray(
      byteCount: bytes * planes.count, unitBytes: isPlanar ? bytes : bytes * count,
      line: isPlanar ? 1 : width
    ) { units in
      var bytes: [UInt8] = []
      if isPlanar {
        let area = size.width * size.height
        var unit = units.lowerBound
        while unit < units.upperBound {
          let (plane, place) = unit.quotientAndRemainder(dividingBy: area)
          let count = min(units.upperBound - unit, area - place)
          type.append(
            planes[rows: plane..<plane + 1, columns: place..<place + count], to: &bytes)
          unit += count
        }
      } else {
        let part = MutableMatrix(rows: units.count, columns: count)
        for (row, pixel) in units.enumerated() {
          for plane in 0..<count { part[row, plane] = planes[plane, pixel] }
        }
        type.append(part.view, to: &bytes)
      }
      return bytes
    }
    return array([size.height, width, count], elements, type.element)
  }

  /// One number per pixel, `[1, height · width]`, as an array or as a colour map from the minimum to
  /// the maximum.
  func levels(
    _ levels: Matrix, of shown: Size, _ dtype: FloatFormat
  ) throws(FeaturizationError) -> RenderedOutput {
    guard request.format != .png else {
      return try picture(Raster(map: levels, size: shown), of: .all)
    }
    let elements = ChunkedArray(
      byteCount: levels.count * dtype.element.size, unitBytes: dtype.element.size,
      line: shown.width
    ) { pixels in
      dtype.bytes(of: levels[rows: 0..<1, columns: pixels])
    }
    return array([shown.height, shown.width], elements, dtype.element)
  }

  /// A picture of the whole field, or of a region.
  func picture(
    _ whole: Raster, of selection: Selection
  ) throws(FeaturizationError) -> RenderedOutput {
    try selection.check(in: whole.size)
    let window = selection.window(of: whole.size)
    let picture = whole.cropped(window.rows, window.columns)
    let shape = [picture.size.height, picture.size.width]
    do {
      return RenderedOutput(
        shape: picture.channels == 1 ? shape : shape + [picture.channels], stage: stage,
        body: .whole(try encodePNG(picture)))
    } catch {
      throw .image(error)
    }
  }

  /// A linear map as its weights, `[k, dim]`, and biases, `[k]`.
  func map(_ map: (weight: Matrix, bias: [Float])) -> RenderedOutput {
    let shape = [map.weight.rows, map.weight.columns]
    let bias = Matrix(rows: 1, columns: map.bias.count, map.bias)
    return arrays([
      (
        ArrayOutline(name: "weight", shape: shape, type: .float32),
        ArrayParts(ChunkedArray(FloatFormat.float32.bytes(of: map.weight.all)))
      ),
      (
        ArrayOutline(name: "bias", shape: [map.bias.count], type: .float32),
        ArrayParts(ChunkedArray(FloatFormat.float32.bytes(of: bias.all)))
      ),
    ])
  }

  /// A JSON document.
  func document(_ value: some Encodable, shape: [Int]) -> RenderedOutput {
    let bytes = Array(canonical(value).utf8) + [UInt8(ascii: "\n")]
    return RenderedOutput(shape: shape, stage: stage, body: .whole(bytes))
  }

  private var stage: String {
    request.kind.name == OutputKind.features.name ? "upsample" : request.kind.name
  }

  private func arrays(_ arrays: [(ArrayOutline, ArrayParts)]) -> RenderedOutput {
    guard let file = request.format.file else {
      preconditionFailure("arrays as \(request.format)")
    }
    var arrays = arrays.map { (outline: $0, parts: $1) }
    let first = arrays[0].outline
    if file == .npz, first.name == OutputKind.features.name, first.shape.count == 3 {
      // Segmentation tools that cache features as npz look for this name.
      let twin = ArrayOutline(name: "a", shape: first.shape, type: first.type)
      arrays.append((twin, arrays[0].parts))
    }
    let stream = ArrayStream(
      arrays, as: file, metadata: provenance, resolution: resolution, in: memory)
    return RenderedOutput(shape: first.shape, stage: stage, body: .stream(stream))
  }

  /// The arrays' origin, for formats with metadata.
  private var provenance: [String: String] {
    [
      "field": record.name.description, "image": record.image.imageName,
      "model": request.field.model, "weights": "sha256-\(record.weights)",
      "request": canonical(request),
    ]
  }
}

extension ChunkedArray {
  fileprivate init(int32s: [Int32]) {
    self.init(
      int32s.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } })
  }
}

extension FeatureField {
  private static let pixelsAtOnce = 4096

  /// The index of the largest value at the selected places.
  fileprivate func classes(at selection: Selection, _ threads: ThreadPool) -> [UInt8] {
    switch selection {
    case .all: return labels(workers: threads)
    case .region:
      let window = selection.window(of: shown)
      var classes: [UInt8] = []
      forEachPart(rows: window.rows, columns: window.columns, atMost: FeatureField.pixelsAtOnce) {
        classes += RowKernels.current.labels(of: $0)
      }
      return classes
    case .points(let points):
      let values = MutableMatrix(rows: points.count, columns: dim)
      sample(points.map { (x: $0.x, y: $0.y) }, into: values.all, workers: threads)
      return RowKernels.current.labels(of: values.view)
    }
  }
}
