import Featurization
package import Files
import Foundation

/// What a job is asked for, as text that outlives the process: options as a client gives them.
package struct JobRequest: Hashable, Sendable, Codable {
  package enum Target: String, Hashable, Sendable, Codable, CaseIterable {
    /// A field that is made and kept.
    case field
    /// An output of an image's field.
    case features
    /// A classifier's answer.
    case segmentation
    /// Tables of a classifier's answer.
    case measurements
    /// Clusters of several kept fields.
    case clusters
  }

  package let target: Target
  /// By name; the image is none of them.
  package let options: [String: String]

  package init(_ target: Target, _ options: [(name: String, value: String)]) {
    self.target = target
    self.options = Dictionary(
      options.filter { $0.name != Parameter.image.rawValue }.map { ($0.name, $0.value) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Chooses the target by what is asked for: with `classifier` an output of a segmentation.
  package init(of options: [(name: String, value: String)]) {
    let value = { (name: Parameter) in options.first { $0.name == name.rawValue }?.value }
    let output = value(.output)
    var target = Target.features
    if value(.classifier) != nil {
      target = output == OutputKind.measurements.name ? .measurements : .segmentation
    }
    if output == Target.field.rawValue { target = .field }
    let isChoice = target == .field || target == .measurements
    self.init(target, options.filter { !(isChoice && $0.name == Parameter.output.rawValue) })
  }

  /// Reads what `json` wrote.
  package init?(json: String) {
    guard let read = try? JSONDecoder().decode(JobRequest.self, from: Data(json.utf8)) else {
      return nil
    }
    self = read
  }

  /// Canonical JSON: equal requests are equal texts.
  package var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("a request that is no JSON: \(self)")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// The classifiers that it names.
  package var classifiers: [Digest] {
    [Parameter.classifier, .for].compactMap { options[$0.rawValue].flatMap { Digest(hex: $0) } }
  }

  /// The member of the options with the ids of kept fields.
  static let fieldsOption = "fields"

  /// The kept fields that it names.
  package var fields: [Digest] {
    (options[JobRequest.fieldsOption] ?? "").split(separator: ",").compactMap { Digest(hex: $0) }
  }

  /// The options in the order of their names.
  package var list: [(name: String, value: String)] {
    options.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
