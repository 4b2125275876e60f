import Eyepiece
import Foundation
import LinearAlgebra
import Support
import Testing

@Suite("Measured precision") struct MeasuredPrecisionTests {
  private static let slow = ProductRates(float32: 165e9, bfloat16: 80e9)
  private static let fast = ProductRates(float32: 118e9, bfloat16: 210e9)

  private let folder = TemporaryFolder()
  private let measured = Box(0)
  private var file: URL { URL(filePath: folder.path).appending(path: MeasuredPrecision.fileName) }

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
  }

  private func precision(
    _ processor: String, _ rates: ProductRates, isNative: Bool = true, in path: String? = nil
  ) -> MeasuredPrecision {
    MeasuredPrecision(
      besideWeights: path ?? folder.path, processor: processor, isNative: isNative
    ) { [measured] in
      measured.update { $0 += 1 }
      return rates
    }
  }

  @Test func `Measured precision: measured once for each processor, and kept beside the weights`()
    throws
  {
    let first = precision("one", Self.slow)
    #expect(measured.value == 0)
    #expect(first.value == .float32 && first.value == .float32)
    #expect(measured.value == 1)
    // Another start on the same processor, which would measure something else now.
    #expect(precision("one", Self.fast).value == .float32)
    #expect(measured.value == 1)
    #expect(precision("two", Self.fast).value == .bfloat16)
    #expect(measured.value == 2)
    #expect(precision("one", Self.fast).value == .float32)
    #expect(precision("two", Self.slow).value == .bfloat16)
    #expect(measured.value == 2)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
  }

  @Test func `Measured precision: it stays what it was found to be, whatever the file says later`()
    throws
  {
    let one = precision("one", Self.slow)
    #expect(one.value == .float32)
    try FileManager.default.removeItem(at: file)
    _ = precision("one", Self.fast).value
    #expect(one.value == .float32)
  }

  @Test(arguments: [
    "", "{", "null", "[]", "{}", #"{"version": 1}"#,
    #"{"version": 0, "rates": {"one": {"float32": 165e9, "bfloat16": 80e9}}}"#,
    #"{"version": 2, "rates": {"one": {"float32": 165e9, "bfloat16": 80e9}}}"#,
    #"{"version": 1, "rates": {"one": {"float32": 165e9}}}"#,
    #"{"version": 1, "rates": {"one": {"float32": "fast", "bfloat16": 1}}}"#,
    #"{"version": 1, "rates": {"one": {"float32": 0, "bfloat16": 0}}}"#,
    #"{"version": 1, "rates": {"one": {"float32": -1, "bfloat16": -2}}}"#,
    String(repeating: " ", count: 1 << 17),
  ])
  func `Measured precision: a file that is none, or another version's, is replaced`(
    text: String
  ) throws {
    try Data(text.utf8).write(to: file)
    #expect(precision("one", Self.fast).value == .bfloat16)
    #expect(measured.value == 1)
    #expect(precision("one", Self.slow).value == .bfloat16)
    #expect(measured.value == 1)
  }

  @Test func `Measured precision: where no file can be written it is measured at every start`() {
    for path in ["\(folder.path)/none/such", "/proc/self"] {
      measured.value = 0
      #expect(precision("one", Self.fast, in: path).value == .bfloat16)
      #expect(precision("one", Self.slow, in: path).value == .float32)
      #expect(measured.value == 2, "\(path)")
    }
  }

  @Test func `Measured precision: a processor without the instructions is not measured`() throws {
    #expect(precision("one", Self.fast, isNative: false).value == .float32)
    #expect(measured.value == 0)
    #expect(!FileManager.default.fileExists(atPath: file.path))
  }

  @Test func `Measured precision: this processor has a name, which tells its kernels`() {
    let name = MeasuredPrecision.processorName
    #expect(name.hasSuffix(EncoderKernels.current.name))
    #expect(!name.contains("\n") && name.utf8.count < 500)
  }
}
