import Files
import Foundation
package import LinearAlgebra
import Synchronization

/// The precision that `auto` stands for: bfloat16 where its products were measured to be faster.
///
/// Measured when it is first asked for, once in a process, and kept in a file beside the weights
/// under the processor's name, so that it is the same after the next start. A file that cannot be
/// read or written, or is of another version, costs the measurement and no more.
package final class MeasuredPrecision: Sendable {
  /// Raised whenever kernels become faster, or the file another one.
  static let version = 1
  package static let fileName = "product-rates.json"
  private static let fileBytes = 1 << 16

  private let path: String
  private let processor: String
  private let isNative: Bool
  private let measure: @Sendable () -> ProductRates
  private let found = Mutex<Precision?>(nil)

  package init(
    besideWeights folder: String, processor: String = MeasuredPrecision.processorName,
    isNative: Bool = Precision.bfloat16.isNative,
    measure: @escaping @Sendable () -> ProductRates = { ProductRates.measure() }
  ) {
    path = URL(filePath: folder).appending(path: MeasuredPrecision.fileName).path
    (self.processor, self.isNative, self.measure) = (processor, isNative, measure)
  }

  package var value: Precision {
    found.withLock { found in
      if let found { return found }
      let fresh = isNative ? rates.preferred : .float32
      found = fresh
      return fresh
    }
  }

  /// Those that are kept, or else measured and kept.
  private var rates: ProductRates {
    var kept = KeptRates(version: MeasuredPrecision.version, rates: [:])
    if let bytes = try? File(reading: path).contents(limit: MeasuredPrecision.fileBytes),
      let file = try? JSONDecoder().decode(KeptRates.self, from: Data(bytes)),
      file.version == kept.version
    {
      kept = file
    }
    if let known = kept.rates[processor], known.areSound { return known }
    let rates = measure()
    kept.rates[processor] = rates
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    if let data = try? encoder.encode(kept) {
      try? MeasuredPrecision.replace(path, with: Array(data))
    }
    return rates
  }

  private static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
    let file = try AtomicFile(replacing: path, mode: 0o644)
    try file.write(bytes)
    try file.commit()
  }
}

/// What the file holds: rates by the processors' names.
private struct KeptRates: Codable {
  let version: Int
  var rates: [String: ProductRates]
}

extension ProductRates {
  fileprivate var areSound: Bool { float32 > 0 && bfloat16 > 0 }
}

extension MeasuredPrecision {
  /// Its maker's name for it, family, model and stepping, and the kernels that it runs here.
  ///
  /// Virtual machines often have no more in their name than the maker's.
  package static var processorName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let facts = ["vendor_id", "cpu family", "model", "stepping", "model name"].compactMap { key in
      text.split(separator: "\n").first { line in
        line.split(separator: ":").first?.trimmingCharacters(in: .whitespaces) == key
      }?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
    }
    return (facts + [EncoderKernels.current.name]).joined(separator: ", ")
  }
}
