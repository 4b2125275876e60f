import ArgumentParser
import Foundation
import ImageCodecs
import Imaging
import LinearAlgebra
import Segmentation

/// Times classical features and clean-up of one picture, without a model.
struct SegmentationTimes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "segmentation",
    abstract: "Times classical features and the steps of clean-up on a grey picture.",
    discussion: "Scores are of three classes, −((g − c) / 0.15)² / 2 of the grey level g in 0…1 "
      + "for c = 0.2, 0.5 and 0.8. Prints one line a step: the medians of seconds and of "
      + "processor seconds.")

  @Option(help: "A grey picture of 8 bits.") var image: String
  @Option(help: "Threads.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Times that each step is done.") var runs = 5
  @Option(help: "Only the steps whose names contain this.") var only = ""

  func validate() throws {
    guard threads > 0, runs > 0 else { throw ValidationError("threads and runs begin at 1") }
  }

  func run() throws {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: image)))
    let raster = try decode(bytes, limits: DecodingLimits())
    guard raster.channels == 1, case .uint8(let levels) = raster.samples else {
      throw ValidationError("\(image) is no grey picture of 8 bits")
    }
    let picture = GreyPicture(size: raster.size, bytes: levels)
    let workers = ThreadPool(count: threads)
    defer { workers.close() }
    print("\(raster.size), \(threads) threads, \(runs) runs")
    print("| step | seconds | processor seconds |")
    print("|---|---|---|")
    for step in steps(picture, scores(of: picture), workers)
    where only.isEmpty || step.name.contains(only) {
      try line(step)
    }
  }

  private struct Step {
    let name: String
    let work: () throws -> Void
  }

  private func steps(
    _ picture: GreyPicture, _ scores: Scores, _ workers: ThreadPool
  ) -> [Step] {
    let probabilities = scores.probabilities(workers: workers)
    let random = [
      ("gentle", DenseCRF.gentle), ("isb", DenseCRF.isb), ("hrdv2", DenseCRF.hrdv2),
    ]
    return [
      Step(name: "42 classical features") { features(picture, .scales42, workers) },
      Step(name: "58 classical features") { features(picture, .weka58, workers) },
      Step(name: "guided:8") {
        _ = GuidedFilter(radius: 8)(scores, guide: picture, workers: workers)
      },
    ]
      + [false, true].flatMap { isCompatible in
        random.map { name, field in
          let field = DenseCRF(kernels: field.kernels, isCompatible: isCompatible)
          return Step(name: "crf:\(name)\(isCompatible ? ",pydensecrf" : "")") {
            _ = try field(probabilities, guide: .grey(picture), workers: workers)
          }
        }
      }
  }

  /// All channels of all pixels, band by band, none of which is kept.
  private func features(_ picture: GreyPicture, _ set: ClassicalSet, _ workers: ThreadPool) {
    let features = ClassicalFeatures(of: picture, set)
    let (width, height) = (picture.size.width, picture.size.height)
    let bands = Blocks(of: height, atMost: ClassicalFeatures.bandHeight(width: width))
    workers.forEach(bands.count) { index, _ in
      let rows = bands[index]
      features.fill(
        rows: rows, columns: 0..<width,
        into: MutableMatrix(rows: features.channels, columns: rows.count * width).all,
        scratch: features.makeScratch(rows: rows.count, columns: width))
    }
  }

  private func scores(of picture: GreyPicture) -> Scores {
    let planes = ([0.2, 0.5, 0.8] as [Float]).flatMap { centre in
      picture.values.map { level -> Float in
        let distance = (level / 255 - centre) / 0.15
        return -distance * distance / 2
      }
    }
    return Scores(
      size: picture.size, ids: [1, 2, 3],
      planes: Matrix(rows: 3, columns: picture.values.count, planes))
  }

  private func line(_ step: Step) throws {
    var (walls, spent): ([Double], [Double]) = ([], [])
    for _ in 0..<runs {
      let (begun, start) = (Spending(), ContinuousClock.now)
      try step.work()
      walls.append((ContinuousClock.now - start) / .seconds(1))
      spent.append(Spending().since(begun).processor)
    }
    let figures = [walls, spent].map { values in
      values.sorted()[values.count / 2].formatted(.number.precision(.significantDigits(3)))
    }
    print("| \(step.name) | \(figures.joined(separator: " | ")) |")
  }
}
