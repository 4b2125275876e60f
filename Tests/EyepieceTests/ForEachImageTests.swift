import ArgumentParser
import Eyepiece
import Synchronization
import Testing

/// Results of many images.
@Suite("Results of many images") struct ForEachImageTests {
  private struct Broken: Error {}

  /// What happened, in order.
  private final class Record: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  @Test(.timeLimit(.minutes(1)))
  func `ForEachImage: a result is written while the next is made`() async throws {
    let (began, beginning) = AsyncStream.makeStream(of: Void.self)
    let record = Record()
    try await forEachImage(["a.png", "b.png"]) { image, name in
      if name == "b" {
        record.note("made \(name)")
        beginning.finish()
      }
      return name
    } write: { name in
      // The first is not written before the second was made.
      for await _ in began {}
      record.note("wrote \(name)")
    }
    #expect(record.all == ["made b", "wrote a", "wrote b"])
  }

  @Test func `ForEachImage: one that cannot be made or written leaves the others`() async {
    let record = Record()
    await #expect(throws: ExitCode.failure) {
      try await forEachImage(["a", "b", "c", "d", "e"]) { _, name -> String? in
        if name == "b" { throw Broken() }
        return name == "d" ? nil : name
      } write: { name in
        if name == "a" { throw Broken() }
        record.note(name)
      }
    }
    #expect(record.all == ["c", "e"])
  }

  @Test func `ForEachImage: results are written one after another, in order`() async throws {
    let record = Record()
    let names = (0..<20).map { "\($0)" }
    try await forEachImage(names) { _, name in
      name
    } write: { name in
      record.note("begin \(name)")
      for _ in 0..<10 { await Task.yield() }
      record.note("end \(name)")
    }
    #expect(record.all == names.flatMap { ["begin \($0)", "end \($0)"] })
  }
}
