package import Cache
import Foundation
import Synchronization

/// A shared store in memory, which can be away and whose entries can be changed.
package final class FakeShare: SharedStore {
  private struct State {
    var entries: [SharedAddress: [UInt8]] = [:]
    var isAway = false
    var questions = 0
  }

  private let state = Mutex(State())

  package init() {}

  package let place = "memory"
  package var count: Int { state.withLock { $0.entries.count } }
  /// How often something was asked.
  package var questions: Int { state.withLock { $0.questions } }

  package func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

  /// Changes every byte of what is kept.
  package func damage() {
    state.withLock { state in
      for address in state.entries.keys {
        state.entries[address] = state.entries[address]?.map { $0 ^ 1 }
      }
    }
  }

  package func contains(_ address: SharedAddress) throws(SharedStoreError) -> Bool {
    try ask { $0.entries[address] != nil }
  }

  package func fetch(
    _ address: SharedAddress, to path: String, limit: Int
  ) throws(SharedStoreError) -> Bool {
    let bytes = try ask { $0.entries[address] }
    guard let bytes else { return false }
    guard bytes.count <= limit else { throw .tooLarge(bytes: bytes.count) }
    _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
    return true
  }

  package func publish(
    _ address: SharedAddress, from path: String, replacing: Bool
  ) throws(SharedStoreError) {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw .refused(reason: "there is no \(path)")
    }
    try ask { state in
      if replacing || state.entries[address] == nil { state.entries[address] = Array(bytes) }
    }
  }

  private func ask<Value: Sendable>(
    _ body: (inout State) -> Value
  ) throws(SharedStoreError) -> Value {
    let answer: Value? = state.withLock { state in
      state.questions += 1
      return state.isAway ? nil : body(&state)
    }
    guard let answer else { throw .away(reason: "it is away") }
    return answer
  }
}
