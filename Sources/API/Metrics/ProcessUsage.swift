import Foundation

/// Resources that this process uses.
///
/// Source: proc(5).
package struct ProcessUsage: Sendable, Hashable {
  package let residentBytes: Int
  package let virtualBytes: Int
  /// Processor time of all threads in user and kernel mode, in seconds.
  package let processorSeconds: Double
  package let openDescriptors: Int
  /// The limit on open file descriptors.
  package let maximalDescriptors: Int

  /// Reads the values from procfs; `nil` where it is not available.
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
    // The program's name, in parentheses, may contain spaces.
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
  /// Adds the values under the names that Prometheus's client libraries use.
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
