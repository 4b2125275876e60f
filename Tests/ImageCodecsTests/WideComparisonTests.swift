import Foundation
import ImageCodecs
import Imaging
import Testing

/// Generated files with the samples that other readers see in them, made by
/// `Tests/Fixtures/Formats/wide.py FOLDER`; the environment names the folder.
private enum Wide {
  struct Entry: Decodable {
    let file: String
    let page: Int
    let shape: [Int]
    let depth: ImageHeader.Depth
    let tolerance: Double
  }

  static let folder = ProcessInfo.processInfo.environment["EYEPIECE_WIDE_FORMATS"].map {
    URL(filePath: $0)
  }

  static var isPresent: Bool {
    if folder == nil { print("skipped: EYEPIECE_WIDE_FORMATS names no folder of generated files") }
    return folder != nil
  }
}

@Suite("Wide comparison", .enabled(if: Wide.isPresent, "no folder of generated files is named"))
struct WideComparisonTests {
  @Test func `Wide comparison: every file's samples equal those of other readers`() throws {
    let folder = try #require(Wide.folder)
    let list = try Data(contentsOf: folder.appending(path: "list.json"))
    let entries = try JSONDecoder().decode([Wide.Entry].self, from: list)
    #expect(entries.count >= 100)
    for entry in entries {
      let bytes = [UInt8](try Data(contentsOf: folder.appending(path: entry.file)))
      let raw = [UInt8](
        try Data(contentsOf: folder.appending(path: "\(entry.file).\(entry.page).raw")))
      do throws(CodecError) {
        let raster = try decode(bytes, page: entry.page, limits: DecodingLimits())
        let shape = [raster.size.height, raster.size.width, raster.channels]
        #expect(shape == entry.shape, "\(entry.file)")
        #expect(raster.depth == entry.depth, "\(entry.file)")
        let expected = samples(raw, entry.depth)
        guard expected.count == raster.values.count else { continue }
        let largest = zip(raster.values, expected).map { $0 == $1 ? 0 : abs($0 - $1) }.max() ?? 0
        #expect(largest <= entry.tolerance, "\(entry.file)")
      } catch {
        Issue.record("\(entry.file): \(error)")
      }
    }
    print("compared \(entries.count) pictures")
  }

  /// Little-endian samples.
  private func samples(_ raw: [UInt8], _ depth: ImageHeader.Depth) -> [Double] {
    stride(from: 0, to: raw.count, by: depth.bytes).map { start in
      let bits = raw[start..<start + depth.bytes].reversed().reduce(UInt64(0)) {
        $0 << 8 | UInt64($1)
      }
      switch depth {
      case .float32: return Double(Float(bitPattern: UInt32(bits)))
      case .float64: return Double(bitPattern: bits)
      case .uint8, .uint16: return Double(bits)
      }
    }
  }
}
