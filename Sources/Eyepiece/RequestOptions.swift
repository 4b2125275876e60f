import ArgumentParser
import Featurization

/// Every option of a request about an image as a flag, but for those that need what a server keeps.
package struct RequestOptions: FlagTable {
  package static let rows = Parameter.ofImages
    .filter { ![.basis, .image, .classifier].contains($0) }.map(FlagRow.init)
  package var given: [(name: String, value: String)] = []

  package init() {}
}

/// The options of fields and of training.
package struct TrainingFlags: FlagTable {
  package static let rows = Parameter.allCases
    .filter { Parameter.ofFields.contains($0) || [.features, .kind, .c, .debias].contains($0) }
    .filter { ![.image, .for].contains($0) }.map(FlagRow.init)
  package var given: [(name: String, value: String)] = []

  package init() {}
}

/// The options of fields.
package struct FieldFlags: FlagTable {
  package static let rows = Parameter.allCases
    .filter { Parameter.ofFields.contains($0) && ![.image, .for, .model].contains($0) }
    .map(FlagRow.init)
  package var given: [(name: String, value: String)] = []

  package init() {}

  /// The options, with the draft's in place of the usual quality.
  var orDraft: [(name: String, value: String)] {
    given.contains { $0.name == Parameter.quality.rawValue }
      ? given : given + [(Parameter.quality.rawValue, Quality.draft.rawValue)]
  }
}

/// How objects are found, and in which fields, whose pixels are the image's.
package struct ObjectFlags: FlagTable {
  package static let rows = Parameter.allCases
    .filter { Parameter.ofFields.contains($0) || [.method, .centre, .tau].contains($0) }
    .filter { ![.image, .for, .resize, .crop, .orientation].contains($0) }.map(FlagRow.init)
  package var given: [(name: String, value: String)] = []

  package init() {}
}

/// The options of fields that a classifier leaves open, and of its answers.
package struct SegmentationFlags: FlagTable {
  package static let rows = Parameter.allCases
    .filter {
      [
        .page, .channel, .orientation, .crop, .nodata, .resize, .tile, .precision, .dtype, .clean,
        .uncertainty,
      ].contains($0)
    }.map(FlagRow.init)
  package var given: [(name: String, value: String)] = []

  package init() {}
}

/// The options of fields and of clusters; their number has a flag of its own.
package struct ClusterFlags: FlagTable {
  package static let rows = Parameter.allCases
    .filter { Parameter.ofFields.contains($0) || OutputKind.clusters.parameters.contains($0) }
    .filter { ![.image, .for, .k].contains($0) }.map(FlagRow.init)
  package var given: [(name: String, value: String)] = []

  package init() {}
}

extension FlagRow {
  fileprivate init(_ parameter: Parameter) {
    self.init(name: parameter.rawValue, help: parameter.allowed)
  }
}
