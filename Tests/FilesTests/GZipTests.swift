import Files
import Foundation
import Testing

@Suite("GZip") struct GZipTests {
  @Test(arguments: [0, 1, 100, 100_000])
  func `GZip: gunzip gives the bytes back`(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
    let packed = try #require(GZip.compress(bytes))
    #expect(packed.starts(with: [0x1f, 0x8b]))
    let file = FileManager.default.temporaryDirectory
      .appending(path: "gzip-\(UUID().uuidString).gz")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(packed).write(to: file)
    let gunzip = Process()
    let output = Pipe()
    gunzip.executableURL = URL(filePath: "/usr/bin/gunzip")
    gunzip.arguments = ["-c", file.path]
    gunzip.standardOutput = output
    try gunzip.run()
    let found = output.fileHandleForReading.readDataToEndOfFile()
    gunzip.waitUntilExit()
    #expect(gunzip.terminationStatus == 0 && Array(found) == bytes)
  }
}
