import ArgumentParser
import Encoders
import Foundation
import Imaging
import LinearAlgebra
import VisionTransformers

/// One encoding, timed on request: Eyepiece's side of `bin/bench`.
///
/// Each side of that comparison is a process with this protocol: a line of JSON once it is warm,
/// then for each line that it reads one run and one line of JSON. The caller decides the order in
/// which the sides alternate.
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Times one encoding for each line on standard input.",
    discussion: "Prints a line of JSON when it is warm: the kernels and the operations of one "
      + "encoding. Then, for each line, the seconds of one encoding, what the process "
      + "spent on it, and OpenBLAS's operations a second on as many threads right after it.")

  @OptionGroup var model: ModelOptions
  @Option(help: "Width and height of the image, such as 518x518.", transform: Self.size)
  var size = Size(width: 518, height: 518)
  @Option(help: "Pixels from one patch to the next.") var stride = 14
  @Option(help: "How many views: the identity, then shifts by 1 and 2 pixels, again after 17.")
  var views = 1
  @Option(help: "Threads.") var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard threads > 0 else { throw ValidationError("threads begin at 1") }
    guard 1...1000 ~= views else { throw ValidationError("there are 1 to 1000 views") }
  }

  func run() throws {
    let encoder = try model.encoder()
    let patch = encoder.card.patch
    guard size.width % patch == 0, size.height % patch == 0, 1...patch ~= stride else {
      throw ValidationError("sides are multiples of \(patch), a stride is 1 to \(patch)")
    }
    let workers = ThreadPool(count: threads)
    defer { workers.close() }
    let job = Job(
      name: "", size: size, stride: stride,
      views: (0..<views).map { Job.moore[$0 % Job.moore.count] })
    let warming = Job(name: "", size: size, stride: stride, views: [.identity])
    _ = try warming.time(encoder, model.precision, on: workers)
    try say(
      Ready(
        kernels: EncoderKernels.current.name, library: OpenBLAS.name,
        isLibraryFit: OpenBLAS.betterCore(than: OpenBLAS.core) == nil,
        operations: job.operations(encoder)))
    let rate = ProductRate(workers: workers)
    while readLine() != nil {
      let before = Spending()
      let seconds = try job.time(encoder, model.precision, on: workers)
      let spent = Spending().since(before)
      // Long enough for a rate, short compared with what is timed.
      let products = rate.measure(tries: 2, products: 12)
      try say(Run(seconds: seconds, spent: spent, products: products))
    }
  }

  private func say(_ fact: some Encodable) throws {
    FileHandle.standardOutput.write(try JSONEncoder().encode(fact) + Data("\n".utf8))
  }

  static func size(_ text: String) throws -> Size {
    let sides = text.split(separator: "x", omittingEmptySubsequences: false).compactMap {
      Int($0)
    }
    guard sides.count == 2, sides.allSatisfy({ 1...4096 ~= $0 }) else {
      throw ValidationError("a size is WIDTHxHEIGHT, each 1 to 4096")
    }
    return Size(width: sides[0], height: sides[1])
  }
}

extension EncodeCommand {
  /// The facts known before the first run.
  private struct Ready: Encodable {
    let kernels: String
    /// The BLAS library that rates refer to, and whether it uses the instructions of the processor.
    let library: String
    let isLibraryFit: Bool
    let operations: Double
  }

  private struct Run: Encodable {
    let seconds: Double
    let spent: Spending
    let products: Double
  }
}
