package import Files

/// What comes back for one image: facts about it, and its bytes.
package struct Answer: Sendable {
  /// Names the answer: the digest of everything that determines its bytes.
  package let name: Digest
  /// Names the field that it was read from.
  package let field: Digest
  package let model: String
  /// What the encoder's products took.
  package let precision: String
  /// Of the array or the picture, outermost first.
  package let shape: [Int]
  package let format: FeatureRequest.Format
  /// Of a reconstruction, what the model was trained to lessen.
  package var loss: Double?
  package let timings: [Timing]
  package let body: Body

  package enum Body: Sendable {
    case whole([UInt8])
    case stream(ArrayStream)

    package var length: Int {
      switch self {
      case .whole(let bytes): bytes.count
      case .stream(let stream): stream.length
      }
    }
  }

  /// How long one stage took.
  package struct Timing: Sendable {
    package let stage: String
    package let duration: Duration
  }
}
