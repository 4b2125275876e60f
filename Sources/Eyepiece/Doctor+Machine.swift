import API
import Foundation
import LinearAlgebra
import Transport

extension Doctor {
  /// What the machine brings.
  enum Machine {
    /// A clock that is behind makes logs and dates useless, and is behind files that are here.
    @Sendable static func clock(_ settings: Settings) async -> [Finding] {
      let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path
      let written = (try? FileManager.default.attributesOfItem(atPath: program))?[.modificationDate]
      let tokens = (try? settings.tokenFile?.read())?.entries.map(\.created) ?? []
      let now = Date()
      let latest = ([written as? Date].compactMap { $0 } + tokens).max() ?? .distantPast
      let day = now.formatted(.iso8601)
      // A minute for clocks of other machines, on which tokens may have been made.
      guard now.addingTimeInterval(60) > latest else {
        return [.bad("clock", "it is \(day) here, but files are of \(latest.formatted(.iso8601))")]
      }
      return [.good("clock", day)]
    }

    @Sendable static func processor(_ settings: Settings) async -> [Finding] {
      let asked = settings.text(.precision)
      let kinds = ["avx2", "fma", "avx512f", "avx512_bf16"].filter {
        instructions.contains($0[...])
      }
      let known =
        kinds.isEmpty ? "no vector instructions that are used here" : kinds.joined(separator: " ")
      let count = ProcessInfo.processInfo.activeProcessorCount
      let threads = settings.whole(.threads) == 0 ? count : settings.whole(.threads)
      var findings: [Finding] = [
        kinds.contains("avx2")
          ? .good("processor", "\(count) processors, \(known)")
          : .note("processor", "\(count) processors, \(known): work takes several times as long"),
        .good("blas", "OpenBLAS: \(linearAlgebraLibrary())"),
      ]
      if threads > count {
        findings.append(
          .note("threads", "\(threads) threads compute on \(count) processors (setting threads)"))
      }
      guard let precision = Precision(asked: asked) else {
        return findings + [.bad("precision", "\(CompositionError.unknownPrecision(asked))")]
      }
      findings.append(
        precision.isFast
          ? .good("precision", "\(precision.rawValue), as \(asked) is set")
          : .note("precision", "\(precision.rawValue) is emulated here, and slower than float32"))
      return findings
    }

    /// Names of instructions as the kernel tells them.
    private static var instructions: Set<Substring> {
      let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("flags") }
      return Set(line?.split(separator: " ") ?? [])
    }

    /// What may be held at a time against what there is.
    @Sendable static func memory(_ settings: Settings) async -> [Finding] {
      let parts = [
        ("working-memory twice", settings.whole(.workingMemory) &* 2),
        ("memory-bytes", settings.whole(.memoryBytes)),
        ("body-memory", settings.whole(.bodyMemory)),
      ]
      let (all, there) = (parts.reduce(0) { $0 &+ $1.1 }, availableMemory)
      let list = parts.map { "\($0.0) \($0.1.inBytes)" }.joined(separator: ", ")
      let words = "\(all.inBytes) of \(there.inBytes) may be held (\(list))"
      if let large = parts.first(where: { $0.1 > there }) {
        return [.bad("memory", "\(words): \(large.0) alone is more than there is")]
      }
      return [
        all > there ? .note("memory", words + ": more than there is") : .good("memory", words)
      ]
    }

    /// The machine's memory, or what its group of processes may have of it.
    ///
    /// Source: Linux, `Documentation/admin-guide/cgroup-v2.rst`.
    private static var availableMemory: Int {
      let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
      let texts = limits.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
      let numbers = texts.compactMap { Int($0.filter { !$0.isWhitespace }) }
      return ([Int(ProcessInfo.processInfo.physicalMemory)] + numbers).min() ?? 0
    }

    @Sendable static func descriptors(_ settings: Settings) async -> [Finding] {
      let wanted = settings.whole(.connections) + ServerRunner.otherDescriptors
      let allowed = DescriptorLimit.raise(to: wanted)
      let words = "\(allowed) may be open, \(wanted) are wanted"
      return [
        allowed < wanted
          ? .note("descriptors", words + ": some clients will have to wait")
          : .good("descriptors", words)
      ]
    }
  }
}
