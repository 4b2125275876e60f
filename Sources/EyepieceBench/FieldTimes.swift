import ArgumentParser
import Foundation
import LinearAlgebra

/// Times queries to a field of random grids, without weights.
struct FieldTimes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fields",
    abstract: "Times what may be asked of a field of 17 views of 1024×896 pixels.",
    discussion: "Prints one line a question: the median and the least of the milliseconds, and "
      + "the median of the times over that of filling memory with all float32 features, measured "
      + "beside it in every round, since a machine is seldom quiet.")

  @Option(help: "Threads.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "Times that each question is put.") var runs = 7
  @Option(help: "Only the questions whose names contain this.") var only = ""

  func validate() throws {
    guard threads > 0, runs > 0 else { throw ValidationError("threads and runs begin at 1") }
  }

  func run() throws {
    let workers = ThreadPool(count: threads)
    defer { workers.close() }
    let questions = try Question.all(workers).filter { only.isEmpty || $0.name.contains(only) }
    var fills: [Double] = []
    var times = [[Double]](repeating: [], count: questions.count)
    for _ in 0..<runs {
      let fill = seconds { Question.fill(workers) }
      fills.append(fill)
      for (index, question) in questions.enumerated() {
        times[index].append(seconds(question.put))
      }
    }
    print("\(RowKernels.current.name), \(OpenBLAS.name), \(threads) threads, \(runs) rounds")
    print("| question | median ms | least ms | of filling |")
    print("|---|---|---|---|")
    line("fill 1.41 GB", fills, fills)
    for (question, seconds) in zip(questions, times) { line(question.name, seconds, fills) }
  }

  private func line(_ name: String, _ times: [Double], _ fills: [Double]) {
    let ratios = zip(times, fills).map { $0 / $1 }.sorted()
    let sorted = times.sorted()
    let figures = [sorted[sorted.count / 2] * 1000, sorted[0] * 1000, ratios[ratios.count / 2]]
      .map { $0.formatted(.number.precision(.significantDigits(3)).grouping(.never)) }
    print("| \(name) | \(figures.joined(separator: " | ")) |")
  }

  private func seconds(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
