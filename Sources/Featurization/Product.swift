import Features
import Fields
import ImageCodecs
import Imaging
import LinearAlgebra
import Rendering

/// What the encodings of an image's views become: an array or a picture.
struct Product {
  let shape: [Int]
  let mediaType: String
  let fileExtension: String
  /// What the time goes into.
  let stage: String
  let body: Answer.Body

  init(
    _ encodings: [Encoding], _ plan: Plan, card: ModelCard, _ workers: Workers, _ place: Place
  ) throws(FeaturizationError) {
    let request = plan.request
    switch request.output {
    case .features:
      self.init(plan.field(of: encodings.map(\.patches), card), request, place, "upsample")
    case .cls:
      let token = encodings[0].classToken
      self.init(Matrix(rows: 1, columns: token.count, token), shape: [token.count], request)
    case .attention:
      let field = plan.field(of: encodings.map { $0.classAttention[.softmax] }, card)
      if request.format == .png {
        let mean = field.projected(by: Matrix.mean(of: field.dim), workers: workers)
        try self.init(picture: Raster(of: mean, workers: workers), stage: "upsample")
      } else {
        self.init(field, request, place, "upsample")
      }
    case .pca:
      let field = plan.field(of: encodings.map(\.patches), card)
      let scores = try field.scores(count: 3, workers)
      if request.format == .png {
        try self.init(picture: Raster(falseColours: scores, workers: workers), stage: "pca")
      } else {
        self.init(scores, request, place, "pca")
      }
    }
  }

  /// A field's rows, `[height, width, dim]`.
  private init(
    _ field: FeatureField, _ request: FeatureRequest, _ place: Place, _ stage: String
  ) {
    shape = [field.shown.height, field.shown.width, field.dim]
    self.stage = stage
    mediaType = request.format.mediaType
    fileExtension = request.format.rawValue
    let head = request.head(shape: shape)
    body = .rows(RowStream(field, head: head, dtype: request.dtype, place: place))
  }

  /// A small array.
  private init(_ values: Matrix, shape: [Int], _ request: FeatureRequest) {
    self.shape = shape
    stage = "write"
    mediaType = request.format.mediaType
    fileExtension = request.format.rawValue
    var bytes = request.head(shape: shape)
    request.dtype.append(values.all, to: &bytes)
    body = .whole(bytes)
  }

  private init(picture: Raster, stage: String) throws(FeaturizationError) {
    shape = [picture.size.height, picture.size.width, picture.channels]
    self.stage = stage
    mediaType = FeatureRequest.Format.png.mediaType
    fileExtension = FeatureRequest.Format.png.rawValue
    do {
      body = .whole(try encodePNG(picture))
    } catch {
      throw .image(error)
    }
  }
}

extension Plan {
  /// The field that some maps make: one for each view, or one alone at its own patches.
  fileprivate func field(of maps: [FeatureMap], _ card: ModelCard) -> FeatureField {
    if request.field.grid == .patch {
      return FeatureField(ofPatches: maps[0])
    }
    return FeatureField(
      canvas: canvas, patch: card.patch, stride: request.field.stride,
      upsampling: request.field.upsampling, alignment: request.field.alignment,
      views: zip(views, maps).map { (view: $0.view, weight: $0.count, map: $1) })
  }
}

extension Matrix {
  /// The mean as a linear map, `[1, dim]`.
  fileprivate static func mean(of dim: Int) -> Matrix {
    Matrix(rows: 1, columns: dim, Array(repeating: 1 / Float(dim), count: dim))
  }
}

extension FeatureField {
  /// The field on its own first principal components.
  fileprivate func scores(
    count: Int, _ workers: Workers
  ) throws(FeaturizationError) -> FeatureField {
    do {
      let principal = try PrincipalComponents(of: self, count: count, workers: workers)
      return projected(onto: principal, workers: workers)
    } catch {
      throw .noComponents
    }
  }

  /// A map as it is: each patch a pixel.
  fileprivate init(ofPatches map: FeatureMap) {
    let size = Size(width: map.grid.columns, height: map.grid.rows)
    guard let canvas = Canvas(size, fit: .pad, patch: 1) else {
      preconditionFailure("a grid of \(size)")
    }
    self.init(
      canvas: canvas, patch: 1, stride: 1, upsampling: .nearest, alignment: .patches,
      views: [(view: .identity, weight: 1, map: map)])
  }
}

extension FeatureRequest {
  /// What stands before the values.
  fileprivate func head(shape: [Int]) -> [UInt8] {
    guard format == .npy else { return [] }
    return NPY.header(shape: shape, of: dtype.element)
  }
}

extension FeatureRequest.Format {
  package var mediaType: String {
    switch self {
    case .npy: "application/x-npy"
    case .raw: "application/octet-stream"
    case .png: "image/png"
    }
  }
}
