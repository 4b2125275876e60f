import Synchronization

/// Work that counts against a client's quota, until it is ended or the last reference is gone.
final class Charge: Sendable {
  private let whenOver: Mutex<(@Sendable () -> Void)?>

  init(whenOver: @escaping @Sendable () -> Void) {
    self.whenOver = Mutex(whenOver)
  }

  /// Ends it; only the first call does.
  func end() {
    let end = whenOver.withLock { whenOver in
      defer { whenOver = nil }
      return whenOver
    }
    end?()
  }

  deinit { end() }
}
