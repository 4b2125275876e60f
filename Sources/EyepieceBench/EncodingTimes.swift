import ArgumentParser
import Encoders
import Foundation
import LinearAlgebra

/// Times matrix products alone, then whole encodings relative to their rate.
struct EncodingTimes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encodings",
    abstract: "Times encodings against the machine's own rate of matrix products.",
    discussion: "Prints one line a case: the median of the seconds, operations a second, that as "
      + "a share of the rate that OpenBLAS reaches on as many threads in the same run, and the "
      + "peak of the process's memory so far.")

  @OptionGroup var model: ModelOptions
  @Option(help: "Threads.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Times that each case is run.") var runs = 3
  @Option(help: "Only the cases whose names contain this.") var only = ""

  func validate() throws {
    guard threads > 0, runs > 0 else { throw ValidationError("threads and runs begin at 1") }
  }

  func run() throws {
    let encoder = try model.encoder()
    let workers = ThreadPool(count: threads)
    defer { workers.close() }
    let rate = ProductRate(workers: workers)
    print(
      "\(EncoderKernels.current.name), \(OpenBLAS.name), \(model.precision), \(threads) threads, "
        + "\(runs) runs of each case")
    print("| case | s | GFLOP/s | products | share | peak MB |")
    print("|---|---|---|---|---|---|")
    for job in Job.all where only.isEmpty || job.name.contains(only) {
      let products = rate.measure()
      let seconds = try (0..<runs).map { _ in
        try job.time(encoder, model.precision, on: workers)
      }.sorted()
      let median = seconds[seconds.count / 2]
      let speed = job.operations(encoder) / median
      print(
        "| \(job.name) | \(rounded(median, 3)) | \(rounded(speed / 1e9, 0)) | "
          + "\(rounded(products / 1e9, 0)) | \(rounded(100 * speed / products, 0)) % | "
          + "\(Memory.peak / 1_000_000) |")
    }
  }

  private func rounded(_ value: Double, _ digits: Int) -> String {
    value.formatted(.number.precision(.fractionLength(digits)).grouping(.never))
  }
}
