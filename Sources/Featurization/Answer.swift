/// What comes back for one image: facts about it, and its bytes.
package struct Answer: Sendable {
  /// Names the answer: the digest of everything that determines its bytes.
  package let digest: String
  /// Names the field that it was read from.
  package let field: String
  package let model: String
  /// Of the array or the picture, outermost first.
  package let shape: [Int]
  package let mediaType: String
  /// Of a file that holds it, without the dot.
  package let fileExtension: String
  package let timings: [Timing]
  package let body: Body

  package enum Body: Sendable {
    case whole([UInt8])
    case rows(RowStream)

    package var length: Int {
      switch self {
      case .whole(let bytes): bytes.count
      case .rows(let stream): stream.length
      }
    }
  }

  /// How long one stage took.
  package struct Timing: Sendable {
    package let stage: String
    package let duration: Duration
  }
}
