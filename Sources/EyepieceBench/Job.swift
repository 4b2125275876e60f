import Encoders
import Fields
import Foundation
import Imaging
import LinearAlgebra
import VisionTransformers

/// One encoding to time: some views of a noise picture, and the processing after it.
struct Job {
  let name: String
  let size: Size
  let stride: Int
  let views: [View]
  /// Whether three principal components are also computed and projected on.
  var findsComponents = false

  static let all: [Job] = [
    Job(name: "1 view 224×224", size: Size(width: 224, height: 224), stride: 14, views: one),
    Job(name: "1 view 518×518", size: square, stride: 14, views: one),
    Job(name: "1 view 1022×896", size: wide, stride: 14, views: one),
    Job(name: "1 view 518×518 stride 7", size: square, stride: 7, views: one),
    Job(name: "1 view 518×518 stride 4", size: square, stride: 4, views: one),
    Job(name: "17 views 518×518", size: square, stride: 14, views: moore),
    Job(
      name: "17 views 518×518 and PCA", size: square, stride: 14, views: moore,
      findsComponents: true),
    Job(name: "17 views 1022×896", size: wide, stride: 14, views: moore),
  ]

  func operations(_ encoder: any CPUModel) -> Double {
    encoder.operations(for: grid(encoder.card.patch), options(encoder)) * Double(views.count)
  }

  /// Seconds of one run.
  func time(
    _ encoder: any CPUModel, _ precision: Precision, on workers: ThreadPool
  ) throws -> Double {
    let (noise, options) = (noise, options(encoder, precision))
    let start = ContinuousClock.now
    let encodings = try encoder.encode(
      noise, views: views, options, on: workers, progress: WorkProgress())
    if findsComponents { try project(encodings, patch: encoder.card.patch, workers) }
    return (ContinuousClock.now - start) / .seconds(1)
  }

  private func project(_ encodings: [Encoding], patch: Int, _ workers: ThreadPool) throws {
    guard let canvas = Canvas(size, fit: .pad, patch: patch) else { return }
    let field = FeatureField(
      canvas: canvas, patch: patch, stride: stride, upsampling: .nearest, alignment: .image,
      views: zip(views, encodings).map { (view: $0, weight: 1, map: $1.patches.undoing($0)) })
    let basis = try Basis(of: field, workers: workers).first(3)
    let scores = field.projected(onto: basis, workers: workers)
    let rows = MutableMatrix(rows: size.width * size.height, columns: 3)
    scores.rows(0..<size.height, into: rows.all, workers: workers)
  }

  private func options(_ encoder: any CPUModel, _ precision: Precision = .float32) -> EncodeOptions
  {
    EncodeOptions(stride: stride, block: encoder.card.depth - 1, precision: precision)
  }

  private func grid(_ patch: Int) -> Grid { Grid(of: size, patch: patch, stride: stride) }

  /// A grey noise picture with a fixed seed.
  private var noise: InputPlanes {
    var state: UInt64 = 1
    let values = (0..<3 * size.width * size.height).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 23) - 1
    }
    return InputPlanes(size: size, values: values)
  }

  private static let square = Size(width: 518, height: 518)
  private static let wide = Size(width: 1022, height: 896)
  private static let one = [View.identity]

  /// The identity and eight directions at distances 1 and 2.
  static let moore: [View] =
    [View.identity]
    + [1, 2].flatMap { distance in
      (-1...1).flatMap { down in
        (-1...1).filter { (down, $0) != (0, 0) }.map { right in
          View(down: distance * down, right: distance * right)
        }
      }
    }
}
