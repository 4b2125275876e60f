import API
import Featurization
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
      let tokens = (try? settings.accessTokens?.read())?.entries.map(\.created) ?? []
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
      let kinds = ["avx2", "fma", "avx512f", "avx512_bf16"].filter {
        instructions.contains($0[...])
      }
      let known =
        kinds.isEmpty ? "no vector instructions that are used here" : kinds.joined(separator: " ")
      let count = ProcessInfo.processInfo.activeProcessorCount
      let threads = settings.threads == 0 ? count : settings.threads
      var findings: [Finding] = [
        kinds.contains("avx2")
          ? .good("processor", "\(count) processors, \(known)")
          : .note("processor", "\(count) processors, \(known): work takes several times as long"),
        blas,
      ]
      if threads > count {
        findings.append(
          .note("threads", "\(threads) threads compute on \(count) processors (setting threads)"))
      }
      return findings + [precision(settings.precision, Precision.bfloat16.isNative)]
    }

    /// What requests are computed in that name no precision, and what else could be had.
    private static func precision(_ asked: String, _ hasBFloat16: Bool) -> Finding {
      // Measured anew, so that it tells of this moment, and kept nowhere.
      let rates = hasBFloat16 ? ProductRates.measure() : nil
      let automatic = rates?.preferred ?? .float32
      let names = PrecisionNames(usual: asked) { automatic }
      guard let precision = names?.usual else {
        preconditionFailure("\(asked) is a choice without a precision")
      }
      guard precision != .int8 else {
        let products = precision.isNative ? "its own instructions" : "products of 16 bits"
        return .good("precision", "int8, as \(asked) is set, by \(products)")
      }
      guard let rates else {
        return precision == .float32
          ? .good("precision", "float32, as \(asked) is set")
          : .note("precision", "bfloat16 is emulated here, and slower than float32")
      }
      let words =
        "\(precision.rawValue), as \(asked) is set; a thread multiplies float32 at "
        + "\(rates.float32.inGiga), bfloat16 at \(rates.bfloat16.inGiga) GFLOP/s"
      return precision == .bfloat16 && automatic == .float32
        ? .note("precision", words + ": float32 is the faster") : .good("precision", words)
    }

    /// Which kernels products and decompositions run on that are OpenBLAS's.
    private static var blas: Finding {
      guard let better = OpenBLAS.betterCore(than: OpenBLAS.core) else {
        return .good("blas", OpenBLAS.name)
      }
      let (taken, had) = (VectorInstructions(ofCore: OpenBLAS.core), VectorInstructions.ofProcessor)
      return .note(
        "blas",
        "\(OpenBLAS.name): kernels for \(taken?.rawValue ?? "?") on a processor with "
          + "\(had?.rawValue ?? "?"); components and projections take several times as long "
          + "(OPENBLAS_CORETYPE=\(better) chooses others)")
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
        ("working-memory twice", settings.workingMemory &* 2),
        ("memory-bytes", settings.memoryBytes),
        ("model-bytes", settings.modelBytes), ("body-memory", settings.bodyMemory),
        ("answer-memory", settings.answerMemory),
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

    /// The machine's memory, or what its group of processes or this one may have of it.
    ///
    /// Source: Linux, `Documentation/admin-guide/cgroup-v2.rst`; proc(5), `/proc/pid/limits`.
    private static var availableMemory: Int {
      let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
      let texts = limits.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
      let numbers = texts.compactMap { Int($0.filter { !$0.isWhitespace }) }
      let own = (try? String(contentsOfFile: "/proc/self/limits", encoding: .utf8)) ?? ""
      let addresses = own.firstMatch(of: #/(?m)^Max address space +(\d+)/#).flatMap {
        Int($0.output.1)
      }
      return ([Int(ProcessInfo.processInfo.physicalMemory)] + numbers + [addresses ?? .max]).min()
        ?? 0
    }

    @Sendable static func descriptors(_ settings: Settings) async -> [Finding] {
      let wanted = settings.connections + ServerRunner.otherDescriptors
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

extension Double {
  /// In whole thousands of millions.
  fileprivate var inGiga: Int { Int((self / 1e9).rounded()) }
}
