import Encoders
import GPU
import Imaging
import LinearAlgebra
import Support
import Testing

@Suite("Messages") struct MessageTests {
  @Test func `Message: what it is as bytes, it is again`() throws {
    var numbers = SeededNumbers(seed: 4)
    for kind in Message.Kind.allCases {
      let text = String(repeating: "é", count: numbers.below(90))
      let message = Message(
        kind, job: numbers.next(), first: numbers.below(1 << 40), second: numbers.below(9),
        third: numbers.below(1 << 50), text: text)
      #expect(message.bytes.count == Message.size)
      let read = try #require(Message(message.bytes))
      // What does not fit of a text is cut between characters.
      #expect(text.hasPrefix(read.text) && read.bytes == message.bytes)
      #expect((read.job, read.first, read.third) == (message.job, message.first, message.third))
    }
  }

  @Test func `Message: other bytes are none, and none of them ends the program`() {
    var numbers = SeededNumbers(seed: 5)
    let good = Message(.progress, job: 7, first: 2).bytes
    for _ in 0..<2000 {
      var bytes = good
      for _ in 0...numbers.below(4) {
        bytes[numbers.below(bytes.count)] = UInt8(numbers.below(256))
      }
      _ = Message(bytes)
      #expect(Message(Array(bytes.prefix(numbers.below(Message.size)))) == nil)
    }
    var other = good
    other[4] = 200
    #expect(Message(other) == nil)
    other = good
    other[0] ^= 1
    #expect(Message(other) == nil)
  }

  @Test func `Channel: messages arrive whole, in order, until an end is closed`() throws {
    var ends = Channel.pair()
    try #require(ends != nil)
    let messages = (0..<5).map { Message(.progress, job: UInt64($0)) }
    for message in messages { #expect(ends?.0.send(message) == true) }
    for message in messages { #expect(ends?.1.receive(within: 100) == .message(message)) }
    #expect(ends?.1.receive(within: 1) == .nothing)
    let other = ends?.1
    ends = nil
    #expect(other?.receive(within: 100) == .closed)
    #expect(other?.send(messages[0]) == false)
  }
}

@Suite("Shared memory") struct SharedMemoryTests {
  @Test func `Shared memory: what one writes another reads, and more of it is seen when it grows`()
    throws
  {
    let memory = try #require(SharedMemory())
    #expect(memory.grow(to: 4096))
    memory.write([1.5, -2, .infinity] as [Float], at: 16)
    #expect(memory.matrix(16..<28, rows: 1, columns: 3).values == [1.5, -2, .infinity])
    #expect(memory.grow(to: 1 << 20) && memory.bytes == 1 << 20)
    #expect(memory.matrix(16..<28, rows: 1, columns: 3).values == [1.5, -2, .infinity])
    memory.write([9] as [UInt8], at: (1 << 20) - 1)
    #expect(memory.read((1 << 20) - 2..<1 << 20) == [0, 9])
  }
}

@Suite("Arena") struct ArenaTests {
  private let card = Discovery(Mock().driver).cards[0]

  private func order(_ side: Int, stride: Int, views: Int = 17) -> JobOrder {
    JobOrder(
      size: Size(width: side, height: side), views: views,
      options: EncodeOptions(stride: stride, block: 11))
  }

  private var small: ViTShape {
    get throws {
      var card = TinyViT.card("small", .dinov2, hidden: 1536)
      (card.dim, card.heads, card.depth) = (384, 6, 12)
      return try ViTShape(card)
    }
  }

  /// 14 · dim bytes a token of what is between blocks, as the design says, and what is read.
  @Test func `Arena: its bytes follow from the tokens`() throws {
    let (order, shape) = (order(518, stride: 4, views: 1), try small)
    let tokens = 1 + 127 * 127
    let arena = Arena(order, shape, .float16, views: 1)
    let between = tokens * 384 * (4 + 2 + 8)
    let read = (tokens - 1) * (4 * 384 * 2 + 4 * 5 * 6) + 4 * 6 * tokens
    let picture = 4 * 3 * 518 * 518
    #expect(abs(arena.bytes - between - read - picture) < 64 << 10, "\(arena.bytes)")
    #expect(Arena(order, shape, .split16, views: 1).bytes - arena.bytes == tokens * 384 * 10)
  }

  @Test func `Arena: as many views as fit the memory and the cache, never more than there are`()
    throws
  {
    let shape = try small
    for (side, stride) in [(518, 14), (518, 4), (224, 14), (1022, 14)] {
      let order = order(side, stride: stride)
      let one = Arena(order, shape, .float16, views: 1).bytes
      #expect(Arena.views(order, shape, .float16, in: one - 1, of: card) == nil)
      #expect(Arena.views(order, shape, .float16, in: one, of: card) == 1)
      for bytes in [2 * one, 5 * one, 100 * one] {
        let views = try #require(Arena.views(order, shape, .float16, in: bytes, of: card))
        #expect((1...17).contains(views))
        #expect(Arena(order, shape, .float16, views: views).bytes <= bytes)
      }
    }
  }

  @Test func `Shape: models that kernels do not have say why`() throws {
    func reason(_ change: (inout ModelCard) -> Void) -> String {
      var card = TinyViT.cards[0]
      change(&card)
      do throws(ViTShape.Unfit) {
        _ = try ViTShape(card)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(reason { _ in } == "")
    #expect(reason { $0.family = .sam }.contains("family sam"))
    #expect(reason { $0.heads = 4 }.contains("heads of 32"))
    #expect(reason { $0.upsampler = .init(doublings: 4, hasNorm: true) }.contains("upsampler"))
    #expect(reason { ($0.dim, $0.heads) = (4096, 64) }.contains("4096"))
  }

  @Test func `Layout: parts follow each other without overlap`() throws {
    let layout = JobLayout(order(224, stride: 7), try small, classes: 10)
    let parts = Mirror(reflecting: layout).children.count
    #expect(parts > 8 && layout.bytes > 17 * layout.grid.count * 384 * 4)
  }
}

@Suite("Worker's history") struct WorkerHistoryTests {
  @Test func `History: three deaths in ten minutes are the last`() {
    var history = WorkerHistory()
    for (now, isOver) in [(0.0, false), (500, false), (601, false), (1102, false), (1150, true)] {
      history.noteDeath(at: now)
      #expect(history.isOver == isOver, "\(now)")
    }
    history.noteDeath(at: 1e6)
    #expect(history.isOver)
  }
}
