import Foundation

/// What this process takes of the machine.
///
/// Source: proc(5).
package struct ProcessUsage: Sendable, Hashable {
  package let residentBytes: Int
  package let virtualBytes: Int
  /// Of all threads, the kernel's share included.
  package let processorSeconds: Double
  package let openDescriptors: Int
  /// As many as may be open.
  package let maximalDescriptors: Int

  /// Reads what the kernel tells, which takes a moment; `nil` where it tells nothing.
  package init?(folder: String = "/proc/self") {
    guard let memory = ProcessUsage.words(of: "\(folder)/statm"), memory.count > 1,
      let pages = Int(memory[0]), let resident = Int(memory[1]),
      let stat = try? String(contentsOfFile: "\(folder)/stat", encoding: .utf8),
      let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd"),
      let limits = try? String(contentsOfFile: "\(folder)/limits", encoding: .utf8)
    else { return nil }
    let page = sysconf(Int32(_SC_PAGESIZE))
    virtualBytes = pages * page
    residentBytes = resident * page
    // The name of the program, in parentheses, may hold blanks.
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      return nil
    }
    processorSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    openDescriptors = descriptors.count
    let files = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
    maximalDescriptors = files?.split(separator: " ").dropFirst(3).first.flatMap { Int($0) } ?? 0
  }

  private static func words(of file: String) -> [Substring]? {
    (try? String(contentsOfFile: file, encoding: .utf8))?.split { $0.isWhitespace }
  }
}

extension Exposition {
  /// Under the names that Prometheus's own clients use.
  package mutating func add(_ usage: ProcessUsage) {
    gauge(
      "process_resident_memory_bytes", "Memory that is in use.", Double(usage.residentBytes))
    gauge("process_virtual_memory_bytes", "Memory that is mapped.", Double(usage.virtualBytes))
    counter(
      "process_cpu_seconds_total", "Seconds of processors, the kernel's share included.",
      [([], usage.processorSeconds)])
    gauge("process_open_fds", "Descriptors that are open.", Double(usage.openDescriptors))
    gauge(
      "process_max_fds", "Descriptors that may be open.", Double(usage.maximalDescriptors))
  }
}
