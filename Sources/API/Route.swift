import Digests
package import Featurization
import HTTP1
package import HTTPTypes

/// The resources of the server.
///
/// `openapi.yaml` lists the same. A path has at most one variable: a field's id or an image's name.
package enum Route: String, Sendable, Hashable, CaseIterable {
  case features = "/features"
  case fields = "/fields"
  case field = "/fields/{id}"
  case fieldFeatures = "/fields/{id}/features"
  case fieldPCA = "/fields/{id}/pca"
  case fieldAttention = "/fields/{id}/attention"
  case fieldCLS = "/fields/{id}/cls"
  case fieldForeground = "/fields/{id}/foreground"
  case fieldSample = "/fields/{id}/sample"
  case fieldProject = "/fields/{id}/project"
  case fieldSimilarity = "/fields/{id}/similarity"
  case images = "/images"
  case image = "/images/{image}"
  case queue = "/queue"
  case models = "/models"
  case live = "/livez"
  case ready = "/readyz"
  case metrics = "/metrics"
  case openAPI = "/openapi.yaml"

  /// What a resource does; HEAD goes with GET, and OPTIONS with all.
  package var methods: [HTTPRequest.Method] {
    switch self {
    case .features, .fields, .fieldSample, .fieldProject, .images: [.post]
    case .image: [.delete, .get, .put]
    case .field, .fieldFeatures, .fieldPCA, .fieldAttention, .fieldCLS, .fieldForeground,
      .fieldSimilarity, .queue, .models, .live, .ready, .metrics, .openAPI:
      [.get]
    }
  }

  /// Whether it may compute, or take bytes in: what a token has limits for.
  package var isWork: Bool {
    switch self {
    case .features, .fields, .field, .fieldFeatures, .fieldPCA, .fieldAttention, .fieldCLS,
      .fieldForeground, .fieldSample, .fieldProject, .fieldSimilarity, .images, .image:
      true
    case .queue, .models, .live, .ready, .metrics, .openAPI: false
    }
  }

  /// What a field's resource may be asked for, the first where the request does not say.
  package var outputs: [FeatureRequest.Output] {
    switch self {
    case .fieldFeatures, .fieldSample: [.features]
    case .fieldPCA: [.pca]
    case .fieldAttention: [.attention]
    case .fieldCLS: [.cls]
    case .fieldForeground: [.foreground]
    case .fieldSimilarity: [.similarity]
    case .fieldProject: FeatureRequest.Output.projected
    case .features, .fields, .field, .images, .image, .queue, .models, .live, .ready, .metrics,
      .openAPI:
      []
    }
  }

  /// All methods that are answered, for `Allow`.
  package var allow: String {
    let methods = methods + (methods.contains(.get) ? [.head] : []) + [.options]
    return methods.map(\.rawValue).joined(separator: ", ")
  }

  /// What the server as a whole answers.
  static var allowAnywhere: String { "GET, HEAD, POST, PUT, DELETE, OPTIONS" }
}

/// A resource and the variable of its path.
struct Destination: Sendable, Hashable {
  let route: Route
  /// A field's id or an image's digest, where the path has one.
  let name: Digest?

  /// What a head asks for, or why there is none.
  ///
  /// Source: RFC 9110 §15.5.5–6.
  init(of head: RequestHead) throws(Problem) {
    guard let found = Destination(path: head.target.path) else {
      throw Problem(
        404, "not-found", "Not found",
        "There is nothing at this path; /openapi.yaml lists what there is")
    }
    let method = head.method == .head ? .get : head.method
    guard found.route.methods.contains(method) || method == .options else {
      var problem = Problem(
        405, "method-not-allowed", "Method not allowed",
        "\(found.route.rawValue) answers \(found.route.allow)")
      problem.allow = found.route.allow
      throw problem
    }
    self = found
  }

  /// The same, for whoever has other things to look at first.
  static func found(by head: RequestHead) -> Result<Destination, Problem> {
    Result { () throws(Problem) in try Destination(of: head) }
  }

  private init(route: Route, name: Digest?) {
    self.route = route
    self.name = name
  }

  /// Paths without a variable.
  private static let fixed = Dictionary(
    uniqueKeysWithValues: Route.allCases.filter { !$0.rawValue.contains("{") }.map {
      ($0.rawValue, $0)
    })

  /// Paths with a variable, cut at their slashes.
  private static let patterns = Route.allCases.filter { $0.rawValue.contains("{") }.map {
    (route: $0, parts: $0.rawValue.split(separator: "/", omittingEmptySubsequences: false))
  }

  private init?(path: String) {
    if let route = Destination.fixed[path] {
      self.init(route: route, name: nil)
      return
    }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for (route, pattern) in Destination.patterns where pattern.count == parts.count {
      var name: Digest?
      let fits = zip(pattern, parts).allSatisfy { wanted, part in
        switch wanted {
        case "{id}": name = Digest(hex: part)
        case "{image}": name = Digest(imageName: part)
        default: return wanted == part
        }
        return name != nil
      }
      if fits {
        self.init(route: route, name: name)
        return
      }
    }
    return nil
  }
}

extension RequestHead {
  /// `OPTIONS *`.
  ///
  /// Source: RFC 9110 §9.3.7.
  var asksForTheServer: Bool { method == .options && target.path == "*" }
}
