import Files
import Foundation
import Glibc

/// A file of tokens: `{"tokens": [{"name", "sha256", "created", "work", "bytes", "role"}, …]}`.
package struct TokenFile: Sendable {
  package static let byteLimit = 8 << 20

  package let path: String

  package init(_ path: String) {
    self.path = path
  }

  /// Reads the tokens.
  ///
  /// A missing file is an error: the server would otherwise run without authentication.
  package func read() throws(TokenError) -> TokenList {
    let bytes: [UInt8]
    do { bytes = try contents() } catch { throw .file(error) }
    return try TokenList(json: bytes)
  }

  /// Changes the list under a lock that excludes other writers; a missing file is an empty list.
  ///
  /// Only the owner may read the file.
  package func change<Value>(
    _ body: (inout TokenList) throws(TokenError) -> Value
  ) throws(TokenError) -> Value {
    let replacement: AtomicFile
    do { replacement = try AtomicFile(replacing: path, mode: 0o600) } catch { throw .file(error) }
    var list = TokenList()
    do {
      list = try read()
    } catch .file(.refused(_, ENOENT)) {
      // The first token creates the file.
    }
    let value = try body(&list)
    do throws(FileError) {
      try replacement.write(list.json)
      try replacement.commit()
    } catch {
      throw .file(error)
    }
    return value
  }

  private func contents() throws(FileError) -> [UInt8] {
    try File(reading: path).contents(limit: TokenFile.byteLimit)
  }
}

extension TokenList {
  private struct Document: Codable {
    let tokens: [Entry]
  }

  package init(json bytes: [UInt8]) throws(TokenError) {
    let document: Document
    do {
      let decoder = JSONDecoder()
      decoder.dateDecodingStrategy = .iso8601
      document = try decoder.decode(Document.self, from: Data(bytes))
      try TokenList.checkKeys(of: bytes)
    } catch let error as DecodingError {
      throw .malformed(reason: TokenList.words(error))
    } catch {
      throw .malformed(reason: "\(error)")
    }
    try self.init(document.tokens)
  }

  package var json: [UInt8] {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let data = (try? encoder.encode(Document(tokens: entries))) ?? Data()
    return Array(data) + [UInt8(ascii: "\n")]
  }

  private struct UnknownKey: Error, CustomStringConvertible {
    let description: String
  }

  /// Refuses unknown keys: a misspelt limit would otherwise be ignored.
  private static func checkKeys(of bytes: [UInt8]) throws {
    guard let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
      let tokens = object["tokens"] as? [[String: Any]]
    else { return }
    let known = Set(Entry.CodingKeys.allCases.map(\.stringValue))
    let strange =
      object.keys.filter { $0 != "tokens" } + tokens.flatMap { Set($0.keys).subtracting(known) }
    if let key = strange.min() { throw UnknownKey(description: "there is no key \"\(key)\"") }
  }

  private static func words(_ error: DecodingError) -> String {
    switch error {
    case .dataCorrupted(let context), .keyNotFound(_, let context),
      .typeMismatch(_, let context), .valueNotFound(_, let context):
      let place = context.codingPath.map(\.stringValue).joined(separator: "/")
      return place.isEmpty ? context.debugDescription : "\(place): \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }
}
