import Synchronization

/// A value that one task sets and another looks at.
package final class Box<Value: Sendable>: Sendable {
  private let storage: Mutex<Value>

  package init(_ value: Value) {
    storage = Mutex(value)
  }

  package var value: Value {
    get { storage.withLock { $0 } }
    set { storage.withLock { $0 = newValue } }
  }

  /// Looks at it while nobody changes it.
  package func read<Result>(_ look: (Value) -> Result) -> Result {
    storage.withLock { value in look(value) }
  }

  package func update(_ change: (inout Value) -> Void) {
    storage.withLock { value in change(&value) }
  }
}
