import Backlog
import Files
package import Featurization
import HTTP1
package import HTTPTypes

/// What the variable of a path names.
enum PathName: Sendable {
  /// A field, a classifier or an image.
  case digest(Digest)
  case job(JobID)
  case batch(BatchID)
  /// A model, which may be known or not.
  case model(String)
}

/// All routes at one path.
package struct Resource: Sendable, Hashable {
  package let path: String
  package let routes: [Route]

  package static let all: [Resource] = {
    var paths: [String] = []
    for route in Route.all where !paths.contains(route.path) { paths.append(route.path) }
    return paths.map { path in
      Resource(path: path, routes: Route.all.filter { $0.path == path })
    }
  }()

  package static func == (one: Resource, other: Resource) -> Bool { one.path == other.path }

  package func hash(into hasher: inout Hasher) { hasher.combine(path) }

  package var methods: [HTTPRequest.Method] { routes.map(\.method) }

  /// The methods of the resource, for `Allow`.
  package var allow: String {
    let methods = methods + (methods.contains(.get) ? [.head] : []) + [.options]
    return methods.map(\.rawValue).joined(separator: ", ")
  }

  /// The outputs that may be queried here; the first is the default.
  package var outputs: [OutputKind] { routes.flatMap(\.outputs) }

  /// The methods of the server as a whole, for `OPTIONS *`.
  static let allowAnywhere = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
}

// MARK: Lookup

extension Resource {
  /// Resources whose paths have no variable.
  private static let fixed = Dictionary(
    uniqueKeysWithValues: all.filter { !$0.path.contains("{") }.map { ($0.path, $0) })

  /// One part of a path: a word, or a variable with the text that it takes.
  private enum Part {
    case word(Substring)
    case id, image, job, batch, model, file

    init(_ text: Substring) {
      guard text.hasPrefix("{") else {
        self = .word(text)
        return
      }
      let variables: [Substring: Part] = [
        "{id}": .id, "{image}": .image, "{job}": .job, "{batch}": .batch, "{model}": .model,
        "{file}": .file,
      ]
      guard let variable = variables[text] else { preconditionFailure("no variable is \(text)") }
      self = variable
    }

    /// Whether a request's part fits, and what it names.
    func match(_ part: Substring) -> (fits: Bool, name: PathName?) {
      let name: PathName?
      switch self {
      case .word(let word): return (word == part, nil)
      case .file: return (PageFile.named["/page/\(part)"] != nil, nil)
      case .id: name = Digest(hex: part).map { .digest($0) }
      case .image: name = Digest(imageName: part).map { .digest($0) }
      case .job: name = JobID(part).map { .job($0) }
      case .batch: name = BatchID(part).map { .batch($0) }
      case .model: name = part.isEmpty ? nil : .model(String(part))
      }
      return (name != nil, name)
    }
  }

  /// Resources whose paths have a variable, split at their slashes.
  private static let patterns = all.filter { $0.path.contains("{") }.map {
    (resource: $0, parts: split($0.path).map(Part.init))
  }

  private static func split(_ path: String) -> [Substring] {
    path.split(separator: "/", omittingEmptySubsequences: false)
  }

  /// The resource at a path, with the path's variable where it names something.
  static func find(_ path: String) -> (resource: Resource, name: PathName?)? {
    if let resource = fixed[path] { return (resource, nil) }
    let parts = split(path)
    for (resource, pattern) in patterns where pattern.count == parts.count {
      let matches = zip(pattern, parts).map { $0.match($1) }
      if matches.allSatisfy(\.fits) { return (resource, matches.lazy.compactMap(\.name).last) }
    }
    return nil
  }

  /// The route of a method; throws a 405.
  ///
  /// Source: RFC 9110 §15.5.6.
  func route(_ method: HTTPRequest.Method) throws(Problem) -> Route {
    let wanted = method == .head ? .get : method
    guard let route = routes.first(where: { $0.method == wanted }) else {
      var problem = Problem(
        405, "method-not-allowed", "Method not allowed", "\(path) answers \(allow)")
      problem.allow = allow
      throw problem
    }
    return route
  }
}
