import Featurization
import Files

extension Answer {
  /// Writes the answer to a file, under another name until it is whole.
  func write(to path: String) async throws {
    let file = try AtomicFile(replacing: path)
    switch body {
    case .whole(let bytes): try file.write(bytes)
    case .stream(let stream): try await stream.write { try file.write($0) }
    }
    try file.publish()
  }

  /// All bytes.
  func bytes() async throws -> [UInt8] {
    switch body {
    case .whole(let bytes): return bytes
    case .stream(let stream):
      var bytes: [UInt8] = []
      try await stream.write { bytes += $0 }
      return bytes
    }
  }
}
