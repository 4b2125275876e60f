import Checkpoints
import Support
import Testing

/// Damage anywhere is an error, or other numbers, and never the process's end.
@Suite("Damaged checkpoints") struct DamagedCheckpointTests {
  static let files = [
    "deflated.pth", "protocol4.pth", "trained_stream.pth", "views.pth", "views_stream.pth",
  ]

  /// Opens a file and reads all that it claims to hold.
  private func read(_ bytes: [UInt8]) throws -> Checkpoint {
    let checkpoint = try Checkpoint(ByteArray(bytes))
    for name in checkpoint.tensors.keys { _ = try? checkpoint.floats(name) }
    return checkpoint
  }

  @Test(arguments: files)
  func `a file cut anywhere is refused`(name: String) throws {
    let bytes = try PyTorchFixtures.bytes(name)
    for length in 0..<bytes.count {
      #expect(throws: CheckpointError.self, "cut to \(length)") {
        try read(Array(bytes[..<length]))
      }
    }
  }

  @Test(arguments: files)
  func `a byte changed anywhere ends nothing but the reading`(name: String) throws {
    let bytes = try PyTorchFixtures.bytes(name)
    var random = SeededNumbers(seed: 7)
    var refused = 0
    for place in bytes.indices {
      for value in [bytes[place] ^ 1 << UInt8(random.below(8)), UInt8(random.below(256)), 0xFF] {
        var changed = bytes
        changed[place] = value
        do { _ = try read(changed) } catch is CheckpointError { refused += 1 }
      }
    }
    // Most of a small file is structure, in which something has to be noticed.
    #expect(refused > bytes.count / 4, "\(refused) of \(3 * bytes.count)")
  }

  @Test
  func `pickles of any instructions are followed or refused`() throws {
    var random = SeededNumbers(seed: 11)
    let codes: [UInt8] = [
      0x28, 0x29, 0x2E, 0x30, 0x31, 0x32, 0x4B, 0x4E, 0x51, 0x52, 0x5D, 0x61, 0x62, 0x63, 0x64,
      0x65, 0x68, 0x6C, 0x71, 0x73, 0x74, 0x75, 0x7D, 0x81, 0x85, 0x86, 0x87, 0x88, 0x8C, 0x8F,
      0x90, 0x92, 0x93, 0x94,
    ]
    var finished = 0
    for _ in 0..<20_000 {
      var bytes: [UInt8] = [0x80, 2]
      for _ in 0..<random.below(60) {
        bytes.append(
          random.below(20) == 0 ? UInt8(random.below(256)) : codes[random.below(codes.count)])
        if bytes.last == 0x63 { bytes += "collections\nOrderedDict\n".utf8 }
      }
      bytes.append(0x2E)
      if (try? PickleGraph(ByteArray(bytes))) != nil { finished += 1 }
    }
    #expect(finished > 100, "\(finished)")
  }
}
