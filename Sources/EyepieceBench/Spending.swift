import Foundation

/// What the process has taken from the system so far.
struct Spending: Encodable {
  /// Seconds of processors, all threads together.
  private(set) var processor: Double
  /// Pages of memory that were handed to it, 0 where the system does not say.
  private(set) var pages: Int

  init() {
    processor = Double(clock()) / Double(CLOCKS_PER_SEC)
    // The eighth word after the program's name, which may hold anything; proc_pid_stat(5), minflt.
    let text = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
    let words = text.split(separator: ")").last?.split(separator: " ") ?? []
    pages = words.count > 7 ? Int(words[7]) ?? 0 : 0
  }

  func since(_ start: Spending) -> Spending {
    var spent = self
    spent.processor -= start.processor
    spent.pages -= start.pages
    return spent
  }
}
