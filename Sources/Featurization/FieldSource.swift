/// A field, and what it is made of where it is not there yet.
package struct FieldSource: Sendable {
  package let record: FieldRecord
  let image: ImageSource
  /// What making the encodings takes, where the image's header is known.
  let plan: Plan?
}
