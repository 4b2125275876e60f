import Digests
import Foundation
import Cache

/// A file of tokens: `{"tokens": [{"name", "sha256", "created", "work", "bytes"}, …]}`.
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
    guard let list = try readIfThere() else {
      throw .file(.unusable(path: path, code: ENOENT))
    }
    return list
  }

  /// Changes the list under a lock that excludes other writers; a missing file is an empty list.
  package func change<Value>(
    _ body: (inout TokenList) throws(TokenError) -> Value
  ) throws(TokenError) -> Value {
    let replacement = try storing { () throws(StorageError) in try Replacement(of: path) }
    var list = try readIfThere() ?? TokenList()
    let value = try body(&list)
    try storing { () throws(StorageError) in try replacement.commit(list.json) }
    return value
  }

  private func readIfThere() throws(TokenError) -> TokenList? {
    let bytes = try storing { () throws(StorageError) in
      try wholeFile(path, limit: TokenFile.byteLimit)
    }
    return try bytes.map { bytes throws(TokenError) in try TokenList(json: bytes) }
  }

  private func storing<Value>(
    _ body: () throws(StorageError) -> Value
  ) throws(TokenError) -> Value {
    do { return try body() } catch { throw .file(error) }
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
