import Encoders
import Foundation
import GPU
import Support
import Testing

extension Driven {
  /// How long a card's process lives, and what it holds meanwhile; kernels do nothing here.
  @Suite("Life of a card's process") struct LifeTests {
    private let folder = TemporaryFolder()
    private let options = EncodeOptions(stride: 14, block: 1)

    /// `bytes` is what the process may use, `free` what the card has for it.
    @Test(arguments: ["bytes", "free"])
    func `Life: models that the card has no room for at the same time take turns`(limit: String)
      async throws
    {
      let models = try (1...2).map {
        try TinyViT(TinyViT.card("model-\($0)", .dinov2), in: folder, seed: $0)
      }
      let large = try MadeUpCards()
      _ = try await large.encodings(models[0], options)
      let one = large.backend.counts[0]
      #expect(one.modelBytes > 0 && one.arenaBytes > 0)
      _ = try await large.encodings(models[1], options)
      #expect(large.backend.counts[0].modelBytes == 2 * one.modelBytes)
      // A tenth of what is free is left to others.
      let bytes = (one.modelBytes + one.arenaBytes) * (limit == "free" ? 10 : 9) / 9 + 4096
      let small = try MadeUpCards("\(limit)=\(bytes)")
      for _ in 0..<2 {
        for model in models {
          _ = try await small.encodings(model, options)
          let counts = small.backend.counts[0]
          #expect(counts.modelBytes == one.modelBytes && counts.arenaBytes == one.arenaBytes)
        }
      }
      #expect(small.deaths.isEmpty && small.backend.counts[0].starts == 1)
    }

    @Test func `Life: a process without work leaves, which is no death, and another is started`()
      async throws
    {
      let model = try TinyViT(TinyViT.cards[0], in: folder)
      let cards = try MadeUpCards("idle=1")
      for start in 1...2 {
        _ = try await cards.encodings(model, options)
        #expect(cards.backend.counts[0].starts == start)
        // What it held is free once it has gone.
        #expect(await eventually { cards.backend.counts[0].modelBytes == 0 })
      }
      #expect(cards.deaths.isEmpty && cards.backend.counts[0].deaths == 0)
    }

    @Test func `Life: a process that hangs in the driver ends when its server is gone`()
      async throws
    {
      var ends = Channel.pair()
      let memory = try #require(SharedMemory())
      let process = Process()
      process.executableURL = MadeUpCards.program
      process.arguments = ["stop=3"]
      process.standardInput = FileHandle(
        fileDescriptor: try #require(ends).1.descriptor, closeOnDealloc: false)
      process.standardOutput = FileHandle(
        fileDescriptor: memory.descriptor, closeOnDealloc: false)
      try process.run()
      #expect(ends?.0.receive(within: 500) == .nothing && process.isRunning)
      ends = nil
      #expect(await eventually { !process.isRunning })
      #expect(process.terminationStatus == ServerWatch.status)
    }
  }
}
