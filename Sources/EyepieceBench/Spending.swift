import Foundation

/// The resources that the process has used so far.
struct Spending: Encodable {
  /// Processor seconds of all threads.
  private(set) var processor: Double
  /// Minor page faults, 0 where the system does not report them.
  private(set) var pages: Int

  init() {
    processor = Double(clock()) / Double(CLOCKS_PER_SEC)
    // The eighth word after the program's name, which may contain spaces; proc_pid_stat(5), minflt.
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
