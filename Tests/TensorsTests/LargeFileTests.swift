import Tensors
import Support
import Testing

/// Beyond 4 GiB the heads change; lengths and heads can be tested without writing the values.
@Suite("Large files") struct LargeFileTests {
  private func little(_ bytes: [UInt8], at start: Int, _ count: Int) -> Int {
    bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private func writer(_ shape: [Int], _ format: ArrayFormat) -> ArrayWriter {
    ArrayWriter([ArrayOutline(name: "x", shape: shape, type: .uint8)], as: format)
  }

  @Test func `an archive is wide from the first file of 4 GiB less one byte on`() {
    // The member's NPY header is 128 bytes for shapes of ten digits.
    for (count, isWide) in [(0xFFFF_FFFE, false), (0xFFFF_FFFF, true), (0xFFFF_FFFF_FFFF, true)] {
      var frame = ZIPFrame([ZIPFrame.File(name: "x", count: count)])
      let head = frame.begin()
      #expect(head.count == (isWide ? 51 : 31) && head[4] == (isWide ? 45 : 20))
      // A descriptor, a record and the end; the directory itself begins beyond 4 GiB in all.
      let tail = isWide ? 24 + 75 : 16 + 47
      #expect(frame.length == head.count + count + tail + 76 + 22)
      #expect(frame.end().count == tail + 76 + 22)
    }
    let small = ZIPFrame([ZIPFrame.File(name: "x", count: 0xFFFF_FF00)])
    #expect(small.length == 0xFFFF_FF00 + 31 + 16 + 47 + 22)
  }

  @Test func `a file behind 4 GiB has its offset in 64 bits`() {
    var frame = ZIPFrame([("a", 1 << 32), ("b", 1)].map { ZIPFrame.File(name: $0, count: $1) })
    _ = frame.begin()
    let second = frame.begin()
    #expect(second.count == 24 + 51 && second[24 + 4] == 45)
    let end = frame.end()
    // Descriptor and record of the first, then the record of the second: its last eight bytes.
    #expect(little(end, at: 24 + 75 + 75 - 8, 8) == 51 + 1 << 32 + 24)
  }

  @Test func `an archive has any number of files`() {
    for (count, isWide) in [(0xFFFE, false), (0xFFFF, true)] {
      let frame = ZIPFrame((0..<count).map { ZIPFrame.File(name: "\($0 + 100_000)", count: 0) })
      #expect(frame.length == count * (36 + 16 + 52) + (isWide ? 76 : 0) + 22)
    }
  }

  @Test func `a TIFF is a BigTIFF from 4 GiB on`() {
    var (classic, big) = (writer([65000, 65000, 1], .tiff), writer([65536, 65536, 1], .tiff))
    #expect(Array(classic.begin()[0..<4]) == [0x49, 0x49, 42, 0])
    let head = big.begin()
    #expect(Array(head[0..<8]) == [0x49, 0x49, 43, 0, 8, 0, 0, 0])
    #expect(big.length == head.count + 1 << 32)
    #expect(writer([40000, 40000, 384], .tiff).length > 40000 * 40000 * 384)
  }

  @Test func `safetensors and npy need no other head`() {
    for format in [ArrayFormat.npy, .safetensors, .raw] {
      var writer = writer([1 << 20, 1 << 20], format)
      #expect(writer.length == writer.begin().count + 1 << 40)
    }
  }
}
