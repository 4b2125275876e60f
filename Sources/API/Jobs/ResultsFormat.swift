import HTTP1

/// How the results of a batch are sent.
enum ResultsFormat: String, CaseIterable {
  /// The manifest alone, a line of JSON for each job.
  case ndjson
  /// The manifest and the answers.
  case tar
  case zip

  /// For `Content-Type`.
  var type: String {
    switch self {
    case .ndjson: "application/x-ndjson"
    case .tar: "application/x-tar"
    case .zip: "application/zip"
    }
  }

  /// The format of a parameter, or without one the client's best; throws a 400 or a 406.
  init(named name: String?, accepting field: String?) throws(Problem) {
    if let name {
      guard let format = ResultsFormat(rawValue: name) else {
        let names = ResultsFormat.allCases.map(\.rawValue).joined(separator: " or ")
        throw Problem(400, "invalid-parameter", "Invalid parameter", "format is \(names)")
      }
      self = format
      return
    }
    let types = ResultsFormat.allCases.map(\.type)
    guard let best = MediaPreferences(field).best(of: types),
      let format = ResultsFormat.allCases.first(where: { $0.type == best })
    else { throw Problem(notAcceptable: types) }
    self = format
  }
}
