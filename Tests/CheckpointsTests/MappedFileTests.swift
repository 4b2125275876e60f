import Checkpoints
import Foundation
import Support
import Testing

@Suite("Mapped files") struct MappedFileTests {
  /// Bytes of files that this process has in memory.
  private static func residentFileBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.firstMatch(of: /RssFile:\s+(\d+) kB/))
    return 1024 * (try #require(Int(line.1)))
  }

  @Test func `what has been read is not kept in memory, and can be read again`() throws {
    let (piece, pieces) = (1 << 20, 64)
    let folder = TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    let path = URL(filePath: folder.path).appending(path: "a").path
    try Data((0..<pieces).flatMap { [UInt8](repeating: UInt8($0), count: piece) })
      .write(to: URL(filePath: path))
    let file = try MappedFile(path: path)
    let before = try Self.residentFileBytes()
    for _ in 0..<2 {
      for index in 0..<pieces {
        // Neither begins nor ends with a page.
        let range = index * piece + 1..<(index + 1) * piece - 1
        let bytes = file.elements(of: UInt8.self, in: range)
        #expect(bytes.first == UInt8(index) && bytes.last == UInt8(index))
      }
    }
    #expect(try Self.residentFileBytes() < before + 16 * piece)
    withExtendedLifetime(file) {}
  }
}
