package import Encoders
import Files

/// An output of a field: its options, needs, memory and computation.
///
/// Each output is one file, which ends in its row of `OutputKind`; `OutputKind+List.swift` lists
/// them.
package protocol Output: Sendable, Encodable {
  var kind: OutputKind { get }

  /// The field that the output reads, where `field` was requested.
  ///
  /// Options without effect on the output get a fixed value, so that equal answers have equal
  /// names.
  func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest

  /// What its places are counted on.
  var grid: Places.Grid { get }

  /// Obtains what the output needs; returns its memory and computation.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  func prepare(_ query: Query) async throws -> Rendering

  /// Obtains what the output of several pages needs; called where its kind has formats of pages.
  ///
  /// Throws what is known from the pages' common size, before any of them is encoded.
  func prepare(_ pages: PagesQuery) throws(FeaturizationError) -> PagesRendering

  /// Whether something of every page is held at the same time.
  func holdsAllPages(in format: FeatureRequest.Format) -> Bool
}

extension Output {
  package var grid: Places.Grid { .pixel }

  package func prepare(_ pages: PagesQuery) throws(FeaturizationError) -> PagesRendering {
    preconditionFailure("\(kind.name) of several pages")
  }

  package func holdsAllPages(in format: FeatureRequest.Format) -> Bool { false }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest { field }
}

/// The computation of an output whose inputs are known.
package struct Rendering: Sendable {
  /// Bytes of memory that it needs beside the encodings.
  let bytes: Footprint.Bytes
  /// Computes the output; called once, on a query thread.
  ///
  /// Throws `FeaturizationError`, `SegmentationError`, and `CancellationError` once the encoder says
  /// that it should stop.
  let make: @Sendable (OutputEncoder) throws -> RenderedOutput

  init(
    bytes: Footprint.Bytes, _ make: @escaping @Sendable (OutputEncoder) throws -> RenderedOutput
  ) {
    self.bytes = bytes
    self.make = make
  }
}

/// The computation of an output of several pages.
package struct PagesRendering: Sendable {
  /// Bytes of memory that it needs from its first page to its last byte, beside the image's.
  let bytes: Int
  /// Computes the output, page after page; called once.
  let make: @Sendable (OutputEncoder) async throws -> RenderedOutput
}

/// An output as an array to be sent, a picture or a document.
struct RenderedOutput {
  /// The shape, outermost first.
  let shape: [Int]
  /// The stage that the computation counts as.
  let stage: String
  let body: Answer.Body
  /// The model's training loss, for reconstructions.
  var loss: Double?
  /// The id of the classifier, for segmentations.
  var classifier: Digest?
  /// What was chosen for the client, in a sentence.
  var notice: String?
}
