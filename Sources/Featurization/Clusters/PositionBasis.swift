import Encoders
import Fields
import Files
import ImageCodecs
import Imaging
import LinearAlgebra
import Scheduling
import Segmentation

/// The directions in which vectors tell where in an image a patch is: the principal components of
/// the patches of a black image of the same size.
///
/// Source: the idea is DebiasedViT's, of dino-saw; without its normalisation, so that removing them
/// is a linear map.
struct PositionBasis: DerivedValue {
  /// Unit vectors, by descending variance, `[most, dim]`.
  let directions: Matrix

  var bytes: Int { 4 * directions.count }

  /// The most directions that can be removed.
  static let most = Provenance.mostRemoved

  /// The first directions, or all when there are fewer.
  func first(_ count: Int) -> Matrix {
    let count = min(count, directions.rows)
    return Matrix(
      rows: count, columns: directions.columns, directions[rows: 0..<count].values)
  }
}

extension PositionBasis {
  /// The number of directions that a request has removed; `nil` for none.
  static func removed(_ given: GivenOptions) throws(ParameterError) -> Int? {
    let count = try given.number(.debias, in: 0...PositionBasis.most)
    return count == 0 ? nil : count
  }
}

extension Query {
  /// The directions of position for fields of this model and size, found once for all of them.
  func positions(of image: FieldImage) async throws -> PositionBasis {
    let size = image.encoded.canvas.source
    var request = record.request.identityAlone
    (request.page, request.channel, request.crop) = (0, nil, nil)
    (request.nodata, request.resize, request.scale) = (nil, nil, .none)
    request.orientation = .stored
    let black = try await service.inTurn(bytes: 2 * size.width * size.height, owner) {
      do throws(CodecError) {
        return try encodePNG(Raster(blackOf: size))
      } catch {
        throw FeaturizationError.image(error)
      }
    }
    let (fields, owner, threads) = (service.fields, owner, service.threads)
    let source = try await fields.source(.bytes(black), request)
    let name = DerivedName(PositionBasis.self, of: source.record.encodings.name, .patch)
    return try await service.derived(name) { [service] in
      let made = try await fields.computation.encode(
        source.record.encodings, source.plan, for: owner,
        EncodingWork(WorkProgress(), for: owner, handsOver: false), image: { black })
      let (dim, cells) = (made.image.dim, made.image.encodings[0].grid.count)
      let bytes = made.image.bytes + Covariance.bytes(cells: cells, dim: dim)
      return try await service.inTurn(bytes: bytes, owner) {
        guard let basis = try? Basis(of: made.image.patches(of: \.map), workers: threads) else {
          throw FeaturizationError.noComponents
        }
        return PositionBasis(directions: basis.first(PositionBasis.most).components)
      }
    }
  }
}

extension Raster {
  fileprivate init(blackOf size: Size) {
    self.init(
      size: size, channels: 1,
      samples: .uint8(Array(repeating: 0, count: size.width * size.height)))
  }
}
