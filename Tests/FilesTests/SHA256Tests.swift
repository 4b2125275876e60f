import Files
import Foundation
import Testing

@Suite("SHA-256") struct SHA256Tests {
  /// Messages and digests of FIPS 180-4's published examples, and the empty message.
  static let vectors: [(text: String, times: Int, hex: String)] = [
    ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ]

  @Test(arguments: vectors)
  func `the published examples come out`(text: String, times: Int, hex: String) {
    let message = Array(String(repeating: text, count: times).utf8)
    #expect(SHA256.digest(of: message).description == hex)
  }

  static let message = (0..<200).map { UInt8(truncatingIfNeeded: $0 * 73 + 11) }

  @Test(arguments: 0...200)
  func `a message cut anywhere has the same digest`(cut: Int) {
    var hash = SHA256()
    hash.update(Array(Self.message[..<cut]))
    hash.update(Self.message.span.extracting(cut..<Self.message.count))
    #expect(hash.finalise() == SHA256.digest(of: Self.message))
  }

  @Test
  func `byte by byte is the same as at once`() {
    var hash = SHA256()
    for byte in Self.message { hash.update([byte]) }
    #expect(hash.finalise() == SHA256.digest(of: Self.message))
  }

  @Test
  func `a copy goes its own way`() {
    var one = SHA256()
    one.update(Array("ab".utf8))
    var other = one
    other.update(Array("x".utf8))
    #expect(one.finalise() == SHA256.digest(of: Array("ab".utf8)))
    one.update(Array("c".utf8))
    #expect(one.finalise() == SHA256.digest(of: Array("abc".utf8)))
    #expect(other.finalise() == SHA256.digest(of: Array("abx".utf8)))
  }

  /// Sizes around the file buffer, where a read ends early or exactly.
  @Test(arguments: [0, 1, 262_143, 262_144, 262_145, 600_001])
  func `a file has the digest of its bytes`(size: Int) throws {
    let url = FileManager.default.temporaryDirectory.appending(
      path: "eyepiece-digest-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    try Data(bytes).write(to: url)
    #expect(try SHA256.digest(of: File(reading: url.path)) == SHA256.digest(of: bytes))
  }
}
