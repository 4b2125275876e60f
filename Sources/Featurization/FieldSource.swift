/// A field, with what it is computed from if it is missing.
package struct FieldSource: Sendable {
  package let record: FieldRecord
  let image: ImageSource
  /// The predicted cost of the encodings, where the image's header is known.
  let plan: Plan?

  init(record: FieldRecord, image: ImageSource, plan: Plan?) {
    (self.record, self.image, self.plan) = (record, image, plan)
  }

  /// A field that is kept, or whose image is.
  package init(record: FieldRecord) {
    self.init(record: record, image: .kept(record.image), plan: nil)
  }
}
