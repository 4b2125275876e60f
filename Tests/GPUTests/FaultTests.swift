import Encoders
import Foundation
import GPU
import Imaging
import LinearAlgebra
import Support
import Testing

extension Driven {
  /// What happens when calls fail, processes die and clients leave; kernels do nothing here.
  @Suite("Faults of a card") struct FaultTests {
    private let folder = TemporaryFolder()
    private let model: TinyViT
    private let options = EncodeOptions(stride: 14, block: 1)

    init() throws { model = try TinyViT(TinyViT.cards[0], in: folder) }

    /// A file that the first process removes, so that it alone has faults.
    private var once: String {
      get throws {
        let path = "\(folder.path)/once-\(UUID().uuidString)"
        try Data().write(to: URL(filePath: path))
        return path
      }
    }

    private var quick: Patience {
      var patience = Patience()
      patience.memory = 0.05
      return patience
    }

    /// The calls of the driver in a process that encodes once, from its beginning.
    private func calls() async throws -> Int {
      let report = "\(folder.path)/report"
      do {
        let cards = try MadeUpCards("report=\(report)")
        _ = try await cards.encodings(model, options)
      }
      #expect(await eventually { FileManager.default.fileExists(atPath: report) })
      let words = try String(contentsOfFile: report, encoding: .utf8).split(separator: " ")
      // Nothing is held at the end but what the worker still has in use.
      return try #require(words.last.flatMap { Int($0) })
    }

    @Test func `Faults: after any call that fails once in any way, the next try gives the answer`()
      async throws
    {
      let count = try await calls()
      #expect(count > 80)
      for (n, code) in stride(from: 0, to: count, by: 7).enumerated().map({
        ($0.element, [700, 719, 2, 46, 214, 999, 702, 226, 220][$0.offset % 9])
      }) {
        let cards = try MadeUpCards("fail=\(n):\(code)", "once=\(try once)", patience: quick)
        do {
          let found = try await cards.encodings(model, options)
          #expect(found.count == 1)
        } catch EncoderError.away(let reason) {
          // A card that cannot be had at the start of two processes is given to nobody.
          Issue.record("call \(n), code \(code): \(reason)")
        }
        #expect(cards.deaths.count <= 1, "call \(n), code \(code): \(cards.happened)")
      }
    }

    @Test(arguments: [700, 719, 214, 220, 702, 226, 999])
    func `Faults: an error that stays gives the card up after three deaths`(code: Int) async throws
    {
      let cards = try MadeUpCards("fail=60:\(code)", patience: quick)
      let named = try await onThread { [model] in
        let threads = ThreadPool(count: 1)
        defer { threads.close() }
        return cards.encoder(model, threads: threads).kernels(
          for: EncodeOptions(stride: 14, block: 1))
      }
      #expect(named.isOfCard)
      for _ in 0..<2 {
        await #expect(throws: EncoderError.self) { try await cards.encodings(model, options) }
      }
      #expect(cards.deaths.count == 3, "\(cards.happened)")
      #expect(cards.happened.last == .givenUp(card: "Made-up 100"))
      #expect(cards.backend.counts[0].faults[code] == 3)
      #expect(!cards.backend.counts[0].isUp)
      // From now on the CPU answers, by its own name.
      let found = try await cards.encodings(model, options)
      let wanted = try await model.expected(options)
      #expect(found[0].patches.vectors.values == wanted[0].patches.vectors.values)
    }

    @Test func `Faults: what was named after a card is never made by the CPU`() async throws {
      let cards = try MadeUpCards("fail=0:100", patience: quick)
      try await onThread { [model, options] in
        let threads = ThreadPool(count: 2)
        defer { threads.close() }
        let encoder = cards.encoder(model, threads: threads)
        let named = encoder.kernels(for: options)
        for _ in 0..<4 {
          #expect(throws: EncoderError.self) {
            try encoder.encode(
              EncodingBatch(TinyViT.image, views: [.identity], options, kernels: named),
              progress: WorkProgress())
          }
        }
        #expect(encoder.makes(named, options) && encoder.makes(.current, options))
      }
    }

    @Test func `Faults: a process that ends at any call is started again`() async throws {
      let count = try await calls()
      // The last calls free what was in use.
      for n in stride(from: 3, to: count - 20, by: 23) {
        let cards = try MadeUpCards("end=\(n)", "once=\(try once)", patience: quick)
        #expect(try await cards.encodings(model, options).count == 1, "call \(n)")
        #expect(cards.deaths == ["it ended"], "call \(n): \(cards.happened)")
        #expect(cards.backend.counts[0].starts == 2)
      }
    }

    @Test func `Faults: a driver that hangs is ended by the watchdog, and a second one asked`()
      async throws
    {
      var patience = quick
      (patience.silence, patience.load) = (0.5, 0.5)
      // While a model is loaded, and while views are encoded.
      for n in [2, 100] {
        let cards = try MadeUpCards("hang=\(n)", "once=\(try once)", patience: patience)
        #expect(try await cards.encodings(model, options).count == 1)
        #expect(cards.deaths.count == 1 && cards.deaths[0].contains("said nothing"), "\(n)")
      }
    }

    @Test func `Faults: a process that never begins is ended`() async throws {
      var patience = quick
      patience.start = 0.3
      let cards = try MadeUpCards("mute", patience: patience)
      await #expect(throws: EncoderError.self) { try await cards.encodings(model, options) }
      #expect(cards.deaths.allSatisfy { $0.contains("said nothing") } && cards.deaths.count == 2)
    }

    @Test func `Faults: a cancelled job ends, though the card hangs, and the next is done`()
      async throws
    {
      var patience = quick
      patience.cancellation = 0.2
      let cards = try MadeUpCards("hang=100", "once=\(try once)", patience: patience)
      let progress = WorkProgress()
      let job = Task { [model, options] in
        try await cards.encodings(model, options, [.identity], progress).count
      }
      #expect(await eventually { !cards.happened.isEmpty })
      progress.cancel()
      await #expect(throws: CancellationError.self) { try await job.value }
      #expect(try await cards.encodings(model, options).count == 1)
    }

    @Test func `Faults: a cancelled job ends without a death, and the card serves on`() async throws
    {
      let cards = try MadeUpCards(patience: quick)
      let progress = WorkProgress()
      progress.cancel()
      await #expect(throws: CancellationError.self) {
        try await cards.encodings(model, options, [.identity], progress)
      }
      #expect(cards.deaths.isEmpty)
      #expect(try await cards.encodings(model, options).count == 1)
      #expect(cards.backend.counts[0].starts == 1)
    }

    @Test func `Faults: a view that the card's memory cannot hold is refused with its bytes`()
      async throws
    {
      let cards = try MadeUpCards("bytes=1000000", patience: quick)
      await #expect {
        try await cards.encodings(model, options)
      } throws: { error in
        if case EncoderError.tooLarge(let bytes) = error { bytes > 1 << 17 } else { false }
      }
      let known = try MadeUpCards(memoryLimit: 1 << 17, patience: quick)
      await #expect(throws: EncoderError.self) { try await known.encodings(model, options) }
      #expect(known.backend.counts[0].starts == 0)
    }

    @Test func `Faults: weights that are not what was read are refused, and the card stays`()
      async throws
    {
      let cards = try MadeUpCards(patience: quick)
      let path = URL(filePath: model.path)
      let whole = try Data(contentsOf: path)
      try (whole + Data([0])).write(to: path)
      await #expect(throws: EncoderError.self) { try await cards.encodings(model, options) }
      try whole.write(to: path)
      #expect(try await cards.encodings(model, options).count == 1)
      #expect(cards.deaths.isEmpty)
    }

    @Test func `Cards: several encode at the same time, each in its process`() async throws {
      let cards = try MadeUpCards(count: 2, patience: quick)
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<8 {
          group.addTask { [model, options] in
            try await cards.encodings(model, options).count
          }
        }
        for try await count in group { #expect(count == 1) }
      }
      #expect(cards.backend.counts.reduce(0) { $0 + $1.jobs } == 8)
      #expect(cards.backend.counts.allSatisfy { $0.jobs > 0 && $0.starts == 1 })
    }
  }
}
