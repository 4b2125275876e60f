import API
import Files
import Foundation
import HTTP1

/// Writes a line to standard error, beside the output.
func report(_ line: String) {
  FileHandle.standardError.write(Data("\(line)\n".utf8))
}

/// Why a file was not worked on.
func words(for error: any Error) -> String {
  if let error = error as? CocoaError { return error.localizedDescription }
  if let error = error as? FileError { return error.reason }
  return Problem(any: error).detail
}

/// A file's bytes, unless they are too many.
func bytes(ofFile path: String, atMost limit: Int) throws -> [UInt8] {
  do throws(FileError) {
    return try File(streaming: path).contents(limit: limit)
  } catch .tooLarge {
    throw Problem(.bodyTooLarge(limit: limit))
  }
}

extension [String] {
  /// The first few, and how many more there are.
  var summary: String {
    let first = prefix(6).joined(separator: ", ")
    return count > 6 ? "\(first) and \(count - 6) more" : first
  }
}
