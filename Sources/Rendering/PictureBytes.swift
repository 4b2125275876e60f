import Synchronization

/// The samples of a picture, which threads fill part by part, so that none is held twice.
final class PictureBytes: Sendable {
  private let bytes: Mutex<[UInt8]>

  init(count: Int) { bytes = Mutex([UInt8](repeating: 0, count: count)) }

  /// Puts a part in its place, of as many bytes.
  func put(_ part: [UInt8], at place: Int) {
    bytes.withLock { $0.replaceSubrange(place..<place + part.count, with: part) }
  }

  /// All samples; nothing is left.
  func take() -> [UInt8] {
    bytes.withLock { bytes in
      defer { bytes = [] }
      return bytes
    }
  }
}
