import Encoders
import Fields
import Imaging
import LinearAlgebra

enum Fixture {
  /// Three shifted views under the Moore rule's kind of shift, nearest, stretched.
  static func field(width: Int, height: Int, patch: Int, stride: Int, dim: Int) -> FeatureField {
    let size = Size(width: width, height: height)
    return field(
      size, patch, stride, .nearest, .image, dim,
      [View(), View(down: 1, right: -2), View(down: -2, right: 0)])
  }

  /// Identity and the Moore shifts at the distances 1 and 2: HR-Dv2's default seventeen.
  static var moore: [View] {
    [View()]
      + [1, 2].flatMap { d in
        [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)].map {
          View(down: d * $0.0, right: d * $0.1)
        }
      }
  }

  static func field(
    _ size: Size, _ patch: Int, _ stride: Int, _ upsampling: Upsampling, _ alignment: Alignment,
    _ dim: Int, _ views: [View]
  ) -> FeatureField {
    guard let canvas = Canvas(size, fit: .pad, patch: patch) else {
      preconditionFailure("\(size) is smaller than a patch")
    }
    let grid = Grid(of: canvas.encoded, patch: patch, stride: stride)
    var chance = Chance(state: 7)
    return FeatureField(
      canvas: canvas, patch: patch, stride: stride, upsampling: upsampling, alignment: alignment,
      views: views.map {
        ($0, 1, FeatureMap(grid: grid, vectors: chance.matrix(grid.count, dim, around: 1)))
      })
  }
}
