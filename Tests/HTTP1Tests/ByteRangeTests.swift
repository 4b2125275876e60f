import HTTP1
import Testing

@Suite("Byte ranges") struct ByteRangeTests {
  /// Source: RFC 9110 §14.1.2, whose file has 10,000 bytes.
  @Test(arguments: [
    ("bytes=0-499", 0..<500), ("bytes=500-999", 500..<1000), ("bytes=-500", 9500..<10000),
    ("bytes=9500-", 9500..<10000), ("bytes=0-0", 0..<1), ("bytes=-1", 9999..<10000),
    ("bytes=0-", 0..<10000), ("BYTES=0-499", 0..<500), ("bytes= , 0-499 ,", 0..<500),
    ("bytes=9999-20000", 9999..<10000), ("bytes=-20000", 0..<10000),
    ("bytes=0-99999999999999999999999", 0..<10000),
    ("bytes=-99999999999999999999999", 0..<10000), ("bytes=007-0010", 7..<11),
  ])
  func `ByteRange: a range selects the bytes it names`(field: String, expected: Range<Int>) throws {
    #expect(try #require(ByteRange(field)).bytes(of: 10000) == expected)
  }

  @Test(arguments: [
    "bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999999999999999999999-",
    "bytes=9223372036854775807-9223372036854775807",
  ])
  func `ByteRange: a range after the end selects nothing`(field: String) throws {
    #expect(try #require(ByteRange(field)).bytes(of: 10000) == nil)
  }

  @Test(arguments: [
    "", "bytes", "bytes=", "bytes=-", "bytes=,", "bytes=1", "bytes=2-1", "bytes=a-b", "bytes=+1-2",
    "bytes=1-2-3", "bytes=--1", "bytes=0x1-2", "bytes=1 -2", "bytes=1- 2", "bytes =1-2", "=1-2",
    "rows=1-2", "bytes=0-0,-1", "bytes=0-1,2-3", "bytes=1-2;3", "bytes=١-٢", "1-2", "none",
  ])
  func `ByteRange: other units, several ranges and malformed ones are ignored`(field: String) {
    #expect(ByteRange(field) == nil)
  }

  @Test func `ByteRange: every range of every short file selects the offsets inside`() throws {
    for length in 0...6 {
      let offsets = Array(0..<length)
      for first in 0...7 {
        let from = try #require(ByteRange("bytes=\(first)-")).bytes(of: length)
        #expect(from.map(Array.init) ?? [] == offsets.filter { $0 >= first })
        let last = try #require(ByteRange("bytes=-\(first)")).bytes(of: length)
        #expect(last.map(Array.init) ?? [] == offsets.suffix(first))
        for end in first...7 {
          let range = try #require(ByteRange("bytes=\(first)-\(end)")).bytes(of: length)
          #expect(range.map(Array.init) ?? [] == offsets.filter { $0 >= first && $0 <= end })
          #expect(range?.isEmpty != true)
        }
      }
    }
  }
}
