package import Featurization
import Files

/// A job's request with its options understood: the same for every image.
package struct ParsedJob: Sendable {
  /// The field that is made.
  package let field: FieldRequest
  /// Where an answer is asked of the field; empty where none is to be asked.
  fileprivate let place: String
  /// The options that are given there.
  fileprivate let query: [(name: String, value: String)]
  /// What may be asked there; empty where the field itself is the answer.
  fileprivate let outputs: [OutputKind]
  /// What is asked of an image; `nil` where it is asked of the field.
  fileprivate let direct: FeatureRequest?

  /// Settled by a field.
  private static let settled: Set<String> = Set(
    [Parameter.model, .quality, .image, .output, .for].map(\.rawValue))

  /// Throws `ParameterError`, `FeaturizationError.noSuchClassifier`, and `JobRunnerError` for what is
  /// asked of no image.
  package init(_ request: JobRequest, by services: Services) async throws {
    let options = request.list
    switch request.target {
    case .field:
      field = try services.fields.fieldRequest(try await services.resolved(options))
      (place, query, outputs, direct) = ("", [], [], nil)
    case .features:
      let asked = try services.fields.request(options)
      let isOfFields = OutputKind.ofFields.contains(asked.kind)
      field = asked.field
      place = isOfFields ? asked.kind.name : ""
      query = options.filter { !Self.settled.contains($0.name) }
      outputs = [asked.kind]
      direct = asked
    case .segmentation, .measurements:
      let isOfField = { (option: (name: String, value: String)) in
        Parameter(rawValue: option.name).map(Parameter.ofFields.contains) ?? false
      }
      let classifier = try await services.classifier(named: options)
      field = try services.fields.fieldRequest(
        try classifier.fieldOptions(with: options.filter(isOfField)))
      place = request.target.rawValue
      query = options.filter { !isOfField($0) }
      outputs = request.target == .segmentation ? OutputKind.ofClassifiers : [.measurements]
      direct = nil
    case .clusters: throw JobRunnerError.foreignRequest
    }
  }

  /// What is asked of a field that is made of one image; `nil` where the field is the answer.
  package func request(
    of record: FieldRecord, by services: Services
  ) throws -> FeatureRequest? {
    guard !outputs.isEmpty else { return nil }
    return try direct ?? asked(of: record, by: services)
  }

  /// The path at which a field's answer is found; `nil` where that would be another answer.
  package func path(of record: FieldRecord, by services: Services) throws -> String? {
    let path = "/fields/\(record.name)"
    guard !outputs.isEmpty else { return path }
    guard !place.isEmpty else { return nil }
    if let direct {
      let there = try? asked(of: record, by: services)
      guard let there, record.name(ofAnswerTo: there) == record.name(ofAnswerTo: direct) else {
        return nil
      }
    }
    let parts = query.map { "\($0.name.queryEscaped)=\($0.value.queryEscaped)" }
    return "\(path)/\(place)" + (parts.isEmpty ? "" : "?\(parts.joined(separator: "&"))")
  }

  private func asked(
    of record: FieldRecord, by services: Services
  ) throws -> FeatureRequest {
    guard let card = services.models.card(named: record.request.model) else {
      throw FeaturizationError.fieldGone(record.name)
    }
    return try services.fields.request(query, among: outputs, of: record, card: card)
  }
}

extension String {
  /// The text as part of a query's name or value.
  ///
  /// Source: RFC 3986 §2.3, §3.4.
  fileprivate var queryEscaped: String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~,:;".utf8)
    return utf8.reduce(into: "") { text, byte in
      if plain.contains(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
  }
}
