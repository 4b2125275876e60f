package import Imaging

/// Why labels, rows or a classifier's file are of no use.
package enum SegmentationError: Error, Hashable, Sendable {
  /// Labels of another size than the field's.
  case labelSize(found: Size, expected: Size)
  /// Labels whose values name no class.
  case unknownLabels([UInt8])
  /// Fewer than two classes have labels.
  case tooFewClasses(labelled: [UInt8])
  /// Two classes of one id, an id of 0 or 255, more classes than are allowed, or a bad name.
  case badClasses(reason: String)
  /// Features that are no numbers, or too large to be summed.
  case notFinite(rows: Int)
  /// A field of other dimensions than the classifier or the other images have.
  case dimensions(found: Int, expected: Int)
  /// The feature set needs what an image lacks: its field, or its picture.
  case missing(FeatureSet.Part)
  /// A matrix of the rows cannot be divided by.
  case singular
  /// Probabilities of a classifier whose scores are none.
  case noProbabilities(kind: String)
  /// Trees of more nodes than are kept.
  case tooManyNodes(found: Int, limit: Int)
  /// A classifier's file that is none; the reason goes on after "it".
  case malformedFile(reason: String)
  /// Shapes that are no labels; the reason goes on after a colon.
  case malformedShapes(reason: String)
  /// A model's file of another program that cannot be taken; the reason goes on after a colon.
  case malformedImport(reason: String)
}
