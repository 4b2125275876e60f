import API
import Foundation
import HTTP1
import SystemPackage

/// A line for whoever started the program, beside its output.
func report(_ line: String) {
  FileHandle.standardError.write(Data("\(line)\n".utf8))
}

/// Why a file was not worked on.
func words(for error: any Error) -> String {
  if let error = error as? CocoaError { return error.localizedDescription }
  if let error = error as? Errno { return error.description }
  return Problem(any: error).detail
}

/// A file's bytes, unless they are too many.
func bytes(ofFile path: String, atMost limit: Int) throws -> [UInt8] {
  let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
  defer { try? handle.close() }
  let bytes = try handle.read(upToCount: limit + 1) ?? Data()
  guard bytes.count <= limit else { throw Problem(.bodyTooLarge(limit: limit)) }
  return Array(bytes)
}

extension [String] {
  /// The first few, and how many more there are.
  var summary: String {
    let first = prefix(6).joined(separator: ", ")
    return count > 6 ? "\(first) and \(count - 6) more" : first
  }
}
