import Files
import Foundation
import Cache
import Support
import Testing

/// Several threads on one store.
@Suite("Disk store, storms", .timeLimit(.minutes(2))) struct DiskStormTests {
  /// Runs work on threads of its own, and waits for all of them.
  private func onThreads(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<count {
      group.enter()
      Thread {
        work(number)
        group.leave()
      }.start()
    }
    group.wait()
  }

  @Test
  func `writers, readers and evictions of a few keys never serve a mixture`() throws {
    let folder = TestFolder()
    let budget = 600_000
    let store = try folder.store(budget: budget)
    let faults = Box<[String]>([])
    onThreads(6) { seed in
      var chance = SeededNumbers(seed: seed)
      for step in 0..<150 {
        let number = chance.below(8)
        switch chance.below(4) {
        case 0:
          // Of a version's first byte follows the rest, whoever wrote it.
          let version = chance.below(200)
          let bytes = [UInt8(version)] + noise(1000 * version, seed: version)
          let outcome = store.write(bytes, for: key(number), in: .fields)
          if case .failed(let code) = outcome { faults.update { $0.append("errno \(code)") } }
        case 1 where step % 10 == 0:
          store.remove(key(number), in: .fields)
        default:
          guard let bytes = store.read(key(number), in: .fields) else { continue }
          let version = Int(bytes.first ?? 0)
          if bytes.dropFirst() != noise(1000 * version, seed: version)[...] {
            faults.update { $0.append("a mixture of \(number)") }
          }
        }
        if store.totalBytes > budget { faults.update { $0.append("over the budget") } }
      }
    }
    #expect(faults.value == [])
    let counts = store.counts
    #expect(counts.damaged == 0 && counts.failedReads == 0 && counts.failedWrites == 0)
    #expect(counts.evicted > 0 && counts.hits > 0 && counts.stored > 0)
    #expect(store.totalBytes == folder.footprint() && folder.temporaries().isEmpty)
  }

  @Test
  func `an entry that is written again and again is never absent`() throws {
    let folder = TestFolder()
    let store = try folder.store()
    store.write([0], for: key(1), in: .fields)
    let absent = Box(0)
    onThreads(4) { thread in
      for step in 0..<200 {
        if thread < 2 {
          store.write(noise(step * 100, seed: thread), for: key(1), in: .fields)
        } else if store.read(key(1), in: .fields) == nil {
          absent.update { $0 += 1 }
        }
      }
    }
    #expect(absent.value == 0 && store.counts.damaged == 0)
  }
}
