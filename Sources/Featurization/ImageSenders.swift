import Foundation

/// The names of the clients that sent an image.
struct ImageSenders: Sendable, Equatable {
  private(set) var names: Set<String> = []

  /// Further ones are not remembered: they cannot delete the image.
  static let limit = 10_000

  init() {}

  /// Reads what `json` wrote.
  init?(json bytes: [UInt8]) {
    guard let names = try? JSONDecoder().decode([String].self, from: Data(bytes)) else {
      return nil
    }
    self.names = Set(names)
  }

  var json: [UInt8] { (try? JSONEncoder().encode(names.sorted())).map { Array($0) } ?? [] }

  /// Bytes of memory, roughly.
  var bytes: Int { names.reduce(64) { $0 + $1.utf8.count + 32 } }

  /// Returns whether the client is not among them yet.
  mutating func insert(_ name: String) -> Bool {
    guard names.count < ImageSenders.limit else { return !names.contains(name) }
    return names.insert(name).inserted
  }

  /// Decides what a client's wish to delete the image comes to, and strikes the client out.
  mutating func remove(for remover: ImageRemover) -> ImageRemoval {
    switch remover {
    case .anyone, .administrator: return .removed
    case .sender(let name):
      guard names.remove(name) != nil else { return .refused }
      return names.isEmpty ? .removed : .withdrawn
    }
  }
}

/// On whose behalf an image is deleted.
package enum ImageRemover: Sendable, Hashable {
  /// Of a server that does not tell its clients apart.
  case anyone
  case sender(String)
  /// Who may delete what others sent.
  case administrator
}

/// What becomes of an image that is to be deleted.
enum ImageRemoval: Sendable, Hashable {
  case removed
  /// Others sent it too, for whom it stays.
  case withdrawn
  /// Others sent it, and this client did not.
  case refused
  case absent
}
