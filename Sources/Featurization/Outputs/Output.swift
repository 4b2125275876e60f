package import Encoders

/// What is read from a field: options of its own, what it needs, what it holds, and how it is made.
///
/// Each output is one file, which ends in its row of `OutputKind`; `OutputKind+List.swift` names
/// them all.
package protocol Output: Sendable, Encodable {
  var kind: OutputKind { get }

  /// The field that it is read from, where `field` was asked for.
  ///
  /// Options of a field that make no difference to an output get one value there, so that equal
  /// answers have equal names.
  func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest

  /// Finds out what it needs, and says what it will hold and how it is made.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  func prepare(_ query: Query) async throws -> Rendering
}

extension Output {
  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest { field }
}

/// How an output is made once everything that it needs is known.
package struct Rendering: Sendable {
  /// Bytes of memory that are held while it is made and read, beside the encodings.
  let bytes: Int
  /// Called once, on a thread for queries.
  let make: @Sendable (OutputEncoder) throws(FeaturizationError) -> RenderedOutput

  init(
    bytes: Int,
    _ make: @escaping @Sendable (OutputEncoder) throws(FeaturizationError) -> RenderedOutput
  ) {
    self.bytes = bytes
    self.make = make
  }
}

/// An output as an array on its way out, a picture or a document.
struct RenderedOutput {
  /// Outermost first.
  let shape: [Int]
  /// What the time goes into.
  let stage: String
  let body: Answer.Body
  /// Of a reconstruction, what the model was trained to lessen.
  var loss: Double?
}
