import Scheduling
import Tensors
import Encoders
import Fields
import ImageCodecs
import Imaging
import LinearAlgebra
import Rendering

/// What an encoded image becomes: arrays on their way out, or a picture.
struct RenderedOutput {
  let shape: [Int]
  /// What the time goes into.
  let stage: String
  let body: Answer.Body

  /// What a request needs beside the encodings, made before.
  struct Precomputed: Sendable {
    /// All components of the field, or of another one.
    var basis: Basis?
    /// What the model's upsampler makes of the field's map, where it is asked for.
    var guided: GuidedMap?
    var norms: Norms?
    var entropy: LocalEntropy?
    var map: LinearMapUpload?
    /// One for each point of the request.
    var labels: [UInt16]?
  }

  init(
    _ request: FeatureRequest, of image: EncodedImage, _ precomputed: Precomputed,
    _ workers: ThreadPool,
    _ reservation: Reservation
  ) throws(FeaturizationError) {
    let field = request.field(of: image, precomputed, workers)
    try request.checkPlaces(in: field.shown)
    let outputEncoder = OutputEncoder(
      request: request, record: image.record, workers: workers, reservation: reservation)
    switch request.output {
    case .cls:
      let token = Matrix(rows: 1, columns: image.dim, image.encodings[0].classToken)
      request.postProcess.apply(to: token.all)
      self = outputEncoder.array([image.dim], ChunkedArray(request.dtype.bytes(of: token)))
    case .ownLogits where request.format == .json:
      self = outputEncoder.classification(image.logits)
    case .ownLogits:
      let logits = Matrix(rows: 1, columns: image.logits.count, image.logits)
      self = outputEncoder.array([logits.columns], ChunkedArray(request.dtype.bytes(of: logits)))
    case .reconstruction: preconditionFailure("a reconstruction of what is encoded")
    case .features, .logits, .probabilities:
      self = outputEncoder.array(of: field, labels: precomputed.labels)
    case .pca where request.format == .png:
      self = try outputEncoder.picture(Raster(falseColours: field, workers: workers))
    case .attention where request.format == .png:
      self = try outputEncoder.picture(Raster(of: field, workers: workers))
    case .pca, .attention:
      self = outputEncoder.array(of: field)
    case .labels:
      let classes = field.classes(at: request.selection, workers)
      self = try outputEncoder.classes(classes, of: field.shown)
    case .foreground:
      guard let entropy = precomputed.entropy else { preconditionFailure("no entropy") }
      let mask = Foreground(of: field, entropy: entropy, workers: workers).mask
      self = try outputEncoder.picture(Raster(mask: mask.map { $0 == 1 }, size: field.shown))
    case .similarity:
      guard let norms = precomputed.norms, case .points(let points) = request.selection else {
        preconditionFailure("a similarity to nothing")
      }
      let query = field.mean(of: points.map { (x: $0.x, y: $0.y) }, workers: workers)
      let values = field.similarity(to: query, norms: norms, workers: workers)
      self = try outputEncoder.levels(values, of: field.shown)
    }
  }

  init(shape: [Int], stage: String, body: Answer.Body) {
    (self.shape, self.stage, self.body) = (shape, stage, body)
  }
}

extension FeatureRequest {
  /// Done last to each vector.
  fileprivate var postProcess: PostProcess {
    switch (normalise, output) {
    case (.l2, _): .l2
    case (_, .probabilities): .softmax
    default: .none
    }
  }

  /// The field that is read: the encodings' own, or what a linear map makes of it.
  fileprivate func field(
    of image: EncodedImage, _ precomputed: RenderedOutput.Precomputed, _ workers: ThreadPool
  ) -> FeatureField {
    let plain =
      switch (output, grid) {
      case (.attention, .pixel):
        if let guided = precomputed.guided {
          image.field(guided) { [attention] in $0.classAttention[attention] }
        } else {
          image.field(self.field) { [attention] in $0.classAttention[attention] }
        }
      case (.attention, .patch): image.patches { [attention] in $0.classAttention[attention] }
      case (_, .pixel): image.features(self.field, precomputed.guided)
      case (_, .patch): image.patches(of: \.patches)
      }
    let field =
      if let components, let basis = precomputed.basis {
        plain.projected(onto: basis.first(components), workers: workers)
      } else if let map = precomputed.map {
        plain.projected(onto: map.weight, bias: map.bias, workers: workers)
      } else if output == .attention, format == .png {
        plain.projected(onto: .mean(of: plain.dim), workers: workers)
      } else {
        plain
      }
    return field.finished(postProcess)
  }

  /// Every place that is named must be one of the field's.
  fileprivate func checkPlaces(in shown: Size) throws(FeaturizationError) {
    switch selection {
    case .all: break
    case .region(let x, let y, let width, let height):
      guard x + width <= shown.width, y + height <= shown.height else {
        throw .outside(x: x + width - 1, y: y + height - 1, of: shown)
      }
    case .points(let points):
      for point in points {
        guard point.x >= 0, point.y >= 0, point.x < shown.width, point.y < shown.height else {
          throw .outside(x: point.x, y: point.y, of: shown)
        }
      }
    }
  }
}

extension FeatureField {
  private static let pixelsAtOnce = 4096

  /// The place of the largest value, at the places that are wanted.
  fileprivate func classes(at selection: Selection, _ workers: ThreadPool) -> [UInt8] {
    switch selection {
    case .all: return labels(workers: workers)
    case .region:
      let window = selection.window(of: shown)
      var classes: [UInt8] = []
      forEachPart(rows: window.rows, columns: window.columns, atMost: FeatureField.pixelsAtOnce) {
        classes += RowKernels.current.labels(of: $0)
      }
      return classes
    case .points(let points):
      let values = Matrix(rows: points.count, columns: dim)
      sample(points.map { (x: $0.x, y: $0.y) }, into: values.all, workers: workers)
      return RowKernels.current.labels(of: values.all)
    }
  }
}

extension Selection {
  /// The rectangle that is wanted; all of a size where none is named.
  func window(of shown: Size) -> Window {
    guard case .region(let x, let y, let width, let height) = self else {
      return Window(rows: 0..<shown.height, columns: 0..<shown.width)
    }
    return Window(rows: y..<y + height, columns: x..<x + width)
  }
}

extension Matrix {
  /// The mean as a linear map, `[1, dim]`.
  fileprivate static func mean(of dim: Int) -> Matrix {
    Matrix(rows: 1, columns: dim, Array(repeating: 1 / Float(dim), count: dim))
  }
}
