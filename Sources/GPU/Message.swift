/// What the server and the process of a card tell each other, 128 bytes each.
package struct Message: Sendable, Hashable {
  package enum Kind: UInt32, Sendable, CaseIterable {
    /// To the server: the card is ready; `first` is the bytes that may be used of it.
    case hello = 1
    /// To the card: the model of the order of `first` bytes is to be loaded.
    case load
    /// To the server: it is.
    case loaded
    /// To the card: the views of the order of `first` bytes are to be encoded by the model whose digest
    /// is `text`, in a shared memory of `third` bytes.
    case encode
    /// To the server: `first` more blocks are computed.
    case progress
    /// To the card: the job is not wanted any more.
    case cancel
    /// To the server, before what ends a job: the card holds `first` bytes of the `second` models that
    /// were used last, and an arena of `third` bytes.
    case memory
    /// To the server: all of it lies in the shared memory; `first` is the card's microseconds,
    /// `second` the chunks.
    case result
    /// To the server: it was not done for a reason, `first`; `second` is the driver's code or a
    /// number of bytes, `text` the driver's function or words.
    case refused
    /// To the card: no more jobs come. To the server: the process ends, since none came for so long.
    case bye
  }

  /// Why a job was not done.
  package enum Refusal: UInt64, Sendable, CaseIterable {
    case cancelled = 1
    /// A call of the driver failed; where the reaction is to end, the process has ended.
    case driver
    /// One view needs more memory than there is.
    case tooLarge
    /// Numbers beyond those of a half.
    case outOfRange
    /// The file of weights is not what was ordered, or cannot be read.
    case weights
    case order
  }

  package let kind: Kind
  /// The number of the job that is meant.
  package let job: UInt64
  package var first: UInt64 = 0
  package var second: UInt64 = 0
  package var third: UInt64 = 0
  /// As many bytes of UTF-8 as there is room for.
  package var text = ""

  package init(
    _ kind: Kind, job: UInt64 = 0, first: Int = 0, second: Int = 0, third: Int = 0,
    text: String = ""
  ) {
    (self.kind, self.job) = (kind, job)
    (self.first, self.second, self.third) = (UInt64(first), UInt64(second), UInt64(third))
    self.text = text
  }

  package static func refused(
    _ reason: Refusal, job: UInt64, _ number: Int = 0, _ text: String = ""
  ) -> Message {
    Message(.refused, job: job, first: Int(reason.rawValue), second: number, text: text)
  }

  package static let size = 128
  /// The first word, so that other bytes are no message.
  private static let mark: UInt32 = 0x6579_6501
  private static let textBytes = size - 40

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for word in [Message.mark, kind.rawValue] { bytes.append(word: UInt64(word), bytes: 4) }
    for number in [job, first, second, third] { bytes.append(word: number, bytes: 8) }
    var text = Array(text.utf8.prefix(Message.textBytes))
    // Not in the middle of a character.
    while String(validating: text, as: UTF8.self) == nil { text.removeLast() }
    return bytes + text + [UInt8](repeating: 0, count: Message.textBytes - text.count)
  }

  /// Reads what `bytes` wrote; `nil` for anything else.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Message.size, bytes.word(at: 0, bytes: 4) == UInt64(Message.mark),
      let kind = Kind(rawValue: UInt32(bytes.word(at: 4, bytes: 4))),
      let text = String(validating: bytes[40...].prefix { $0 != 0 }, as: UTF8.self)
    else { return nil }
    self.kind = kind
    job = bytes.word(at: 8, bytes: 8)
    first = bytes.word(at: 16, bytes: 8)
    second = bytes.word(at: 24, bytes: 8)
    third = bytes.word(at: 32, bytes: 8)
    self.text = text
  }
}

extension [UInt8] {
  fileprivate mutating func append(word: UInt64, bytes: Int) {
    for index in 0..<bytes { append(UInt8(truncatingIfNeeded: word >> UInt64(8 * index))) }
  }

  fileprivate func word(at start: Int, bytes: Int) -> UInt64 {
    (0..<bytes).reduce(0) { $0 | UInt64(self[start + $1]) << UInt64(8 * $1) }
  }
}
