import Files
import Foundation

/// What a result was made of, in a file beside it: `.name.png.made` with the answer's digest and length.
struct ResultMark {
  private let path: String
  private let mark: String

  /// Of a result's path.
  init(of path: String) {
    self.path = path
    let url = URL(filePath: path)
    mark = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).made").path
  }

  /// Whether the result is there as a whole, and is this answer.
  func names(_ answer: Digest) -> Bool {
    guard let bytes = try? FileStatus(of: path).bytes,
      let text = try? File(reading: mark).contents(limit: 1 << 10)
    else { return false }
    return text == ResultMark.text(answer, bytes)
  }

  /// Marks a result that is there.
  func set(_ answer: Digest) throws(FileError) {
    let file = try AtomicFile(replacing: mark)
    try file.write(ResultMark.text(answer, try FileStatus(of: path).bytes))
    try file.publish()
  }

  private static func text(_ answer: Digest, _ bytes: Int) -> [UInt8] {
    Array("\(answer) \(bytes)\n".utf8)
  }
}
