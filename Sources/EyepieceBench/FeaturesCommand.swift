import ArgumentParser
import Encoders
import Files
import Foundation
import Imaging
import LinearAlgebra
import VisionTransformers

/// One model's features of one image, written to a file: Eyepiece's side of
/// `Benchmarks/families.py`.
struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Writes a model's features of an image, and says how long they took.",
    discussion: "Images and features are float32, little-endian: [3, height, width], normalised, "
      + "and [cells, channels]. Prints a line of JSON.")

  @OptionGroup var model: ModelOptions
  @Option(help: "File of the image.") var image: String
  @Option(help: "Width and height of the image, such as 518x518.", transform: EncodeCommand.size)
  var size: Size
  @Option(name: .shortAndLong, help: "File of the features.") var output: String
  @Option(help: "Threads.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Runs, of which the shortest is told.") var runs = 2

  func validate() throws {
    guard threads > 0, runs > 0 else { throw ValidationError("threads and runs begin at 1") }
  }

  func run() throws {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: image)))
    guard bytes.count == 12 * size.width * size.height else {
      throw ValidationError("\(image) has \(bytes.count) bytes, which is not 3 planes of \(size)")
    }
    let encoder = try model.encoder()
    let card = encoder.card
    guard size.width % card.unit == 0, size.height % card.unit == 0 else {
      throw ValidationError("sides are multiples of \(card.unit)")
    }
    let input = InputPlanes(size: size, values: [Float](littleEndian: bytes.span))
    let block = card.depth - 1
    let options = EncodeOptions(
      stride: card.cell(of: block), block: block, precision: model.precision)
    let workers = ThreadPool(count: threads)
    defer { workers.close() }
    var seconds = Double.infinity
    var features: [UInt8] = []
    for _ in 0..<runs {
      let start = ContinuousClock.now
      let encodings = try encoder.encode(
        input, views: [.identity], options, on: workers, progress: WorkProgress())
      seconds = min(seconds, (ContinuousClock.now - start) / .seconds(1))
      features.removeAll()
      encodings.first?.patches.vectors.all.appendFloats(to: &features)
    }
    try Data(features).write(to: URL(fileURLWithPath: output))
    let told = Told(seconds: seconds, peak: Memory.peak, channels: card.channels(of: options))
    FileHandle.standardOutput.write(try JSONEncoder().encode(told) + Data("\n".utf8))
  }
}

/// Seconds of the shortest run, and peak resident bytes.
private struct Told: Encodable {
  let seconds: Double
  let peak: Int
  let channels: Int
}
