package import Encoders

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

  /// Obtains what the output needs; returns its memory and computation.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  func prepare(_ query: Query) async throws -> Rendering
}

extension Output {
  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest { field }
}

/// The computation of an output whose inputs are known.
package struct Rendering: Sendable {
  /// Bytes of memory that it needs beside the encodings.
  let bytes: Footprint.Bytes
  /// Computes the output; called once, on a query thread.
  let make: @Sendable (OutputEncoder) throws(FeaturizationError) -> RenderedOutput

  init(
    bytes: Footprint.Bytes,
    _ make: @escaping @Sendable (OutputEncoder) throws(FeaturizationError) -> RenderedOutput
  ) {
    self.bytes = bytes
    self.make = make
  }
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
}
