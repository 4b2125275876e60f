import Files
import Cache
import Testing

@Suite("Entry layout") struct EntryLayoutTests {
  /// Lengths around the ends of the first three segments.
  static let payloads = (0...3).flatMap { whole in
    (-70...70).map { whole * EntryLayout.segmentBytes + $0 }.filter { $0 >= 0 }
  }

  @Test
  func `a file's length tells its payload's`() {
    for payload in Self.payloads {
      let file = EntryLayout.fileBytes(payload: payload)
      #expect(EntryLayout.payloadBytes(file: file) == payload)
    }
  }

  @Test
  func `a length that no payload has is none`() {
    let possible = Set(Self.payloads.map { EntryLayout.fileBytes(payload: $0) })
    for whole in 0...2 {
      let end = EntryLayout.fileBytes(payload: whole * EntryLayout.segmentBytes)
      for file in end - 30...end + 60 where !possible.contains(file) {
        #expect(EntryLayout.payloadBytes(file: file) == nil, "\(file)")
      }
      #expect(EntryLayout.payloadBytes(file: end + 32) == nil)
      #expect(EntryLayout.payloadBytes(file: end + 33) == whole * EntryLayout.segmentBytes + 1)
    }
    for file in [Int.min, -1, 0, 1, 127] { #expect(EntryLayout.payloadBytes(file: file) == nil) }
  }

  @Test func `Entry layout: a file is its header, its segments and their digests`() throws {
    let folder = TestFolder()
    let payload = noise(EntryLayout.segmentBytes + 3)
    try folder.store().write(payload, for: key(1), in: .fields)
    var header = Array("eyepiece entry\n".utf8) + [1, 3, 0, 16, 0, 0, 0, 0, 0]
    header += [UInt8](repeating: 0, count: 8) + key(1).bytes + Array("fields".utf8)
    header += [UInt8](repeating: 0, count: 128 - header.count)
    func digest(_ place: UInt8, _ segment: ArraySlice<UInt8>) -> [UInt8] {
      SHA256.digest(of: header + [place, 0, 0, 0, 0, 0, 0, 0] + segment).bytes
    }
    let (first, second) = (payload.prefix(EntryLayout.segmentBytes), payload.suffix(3))
    #expect(
      try folder.bytes(of: key(1)) == header + first + digest(0, first) + second + digest(1, second)
    )
  }

  @Test(arguments: [(0, 0), (1, 4096), (4095, 4096), (4096, 4096), (4097, 8192)])
  func `a file takes whole blocks`(file: Int, footprint: Int) {
    #expect(EntryLayout.footprint(file: file) == footprint)
  }
}
