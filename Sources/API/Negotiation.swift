import Featurization
import HTTP1
import HTTPTypes

/// A request read from options, and whether its format was chosen by `Accept`.
struct Negotiation: Sendable {
  let request: FeatureRequest
  let wasNegotiated: Bool

  /// Reads the options; without `format`, the format is negotiated by `Accept`.
  ///
  /// The candidates are the formats compatible with the other options, the default first. Source:
  /// RFC 9110 §12.5.1.
  init(
    _ options: [Upload.Option], _ head: RequestHead,
    _ parse: ([Upload.Option]) throws(ParameterError) -> FeatureRequest
  ) throws(Problem) {
    let usual: FeatureRequest
    do {
      usual = try parse(options)
    } catch {
      throw Problem(error)
    }
    wasNegotiated = !options.contains { $0.name == Parameter.format.rawValue }
    guard wasNegotiated else {
      request = usual
      return
    }
    let others = usual.kind.formats.filter { $0 != usual.format }
    let offered =
      [usual] + others.compactMap { try? parse(options + [("format", $0.rawValue)]) }
    let types = offered.map(\.format.mediaType)
    let best = MediaPreferences(head.fields[.accept]).best(of: types)
    guard let chosen = offered.first(where: { $0.format.mediaType == best }) else {
      throw Problem(notAcceptable: types)
    }
    request = chosen
  }
}
