import Encoders
import Files
import Scheduling
import Synchronization

/// The encodings that are being computed, by the names of their records.
final class EncodingsUnderWay: Sendable {
  private let works = Mutex<[Digest: EncodingWork]>([:])

  subscript(record: FieldRecord) -> EncodingWork? {
    works.withLock { $0[record.encodings.name] }
  }

  func begin(_ record: FieldRecord, _ work: EncodingWork) {
    works.withLock { $0[record.name] = work }
  }

  /// Removes a work, unless another has taken its place.
  func end(_ record: FieldRecord, _ work: EncodingWork) {
    works.withLock { works in
      if works[record.name] === work { works[record.name] = nil }
    }
  }
}

/// One computation of encodings: how far it is, and the views that are there.
final class EncodingWork: Sendable {
  let progress: WorkProgress
  let owner: Owner
  /// Whether its views are encoded one after another, each to be asked at once.
  let handsOver: Bool
  private let arrived = Mutex<EncodedImage?>(nil)

  init(_ progress: WorkProgress, for owner: Owner, handsOver: Bool) {
    (self.progress, self.owner, self.handsOver) = (progress, owner, handsOver)
  }

  /// The image with the views that are there; `nil` before the first.
  var image: EncodedImage? { arrived.withLock { $0 } }

  func deliver(_ image: EncodedImage) { arrived.withLock { $0 = image } }
}
