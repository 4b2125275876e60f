package import Files
package import Scheduling

/// The result for one image: its bytes, with facts about them.
package struct Answer: Sendable {
  /// The answer's name: the digest of everything that determines its bytes.
  package let name: Digest
  /// The id of the field that it was read from.
  package let field: Digest
  package let model: String
  /// The precision of the encoder's matrix products.
  package let precision: String
  /// The shape of the array or picture, outermost first.
  package let shape: [Int]
  package let format: FeatureRequest.Format
  /// What was looked at; of several pages the first one and what they share.
  package let source: SourceDescription?
  /// The last of several pages; `nil` for one.
  package var lastPage: Int?
  /// The model's training loss, for reconstructions.
  package var loss: Double?
  /// The id of the classifier, for segmentations.
  package var classifier: Digest?
  /// The views that it rests on, and those of the whole field; `nil` where it rests on none.
  package var views: (done: Int, all: Int)?
  package let timings: [Timing]
  package let body: Body
  /// The memory of a body's bytes, to be held while they are sent; `nil` for a stream and for few
  /// bytes.
  package var reservation: Reservation?

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

  /// The duration of one stage.
  package struct Timing: Sendable {
    package let stage: String
    package let duration: Duration
  }
}
