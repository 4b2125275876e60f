/// A field, with what it is computed from if it is missing.
package struct FieldSource: Sendable {
  package let record: FieldRecord
  let image: ImageSource
  /// The predicted cost of the encodings, where the image's header is known.
  let plan: Plan?
}
