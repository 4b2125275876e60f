import Files
import HTTP1
import HTTPTypes

/// A file of the page at `/` and of `/docs`, which are part of the program.
package struct PageFile: Sendable {
  package let path: String
  let type: FileType
  package let bytes: [UInt8]
  /// The same bytes as gzip has them, where that is shorter.
  package let compressed: [UInt8]?

  /// The kinds of files, by the endings of their names.
  enum FileType: String {
    case js, css, svg, html

    /// For `Content-Type`.
    var mediaType: String {
      switch self {
      case .js: "text/javascript; charset=utf-8"
      case .css: "text/css; charset=utf-8"
      case .svg: "image/svg+xml"
      case .html: "text/html; charset=utf-8"
      }
    }
  }

  /// A path without an ending is HTML.
  private init(_ path: String, _ bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
    compressed = GZip.compress(bytes).flatMap { $0.count < bytes.count ? $0 : nil }
    let ending = path.contains(".") ? path.split(separator: ".").last.map(String.init) : "html"
    guard let type = ending.flatMap(FileType.init) else {
      preconditionFailure("\(path) ends in no known type")
    }
    self.type = type
  }

  /// All files, at the paths where they are answered.
  package static let all: [PageFile] = EmbeddedFile.all.compactMap { file in
    guard file.name.hasPrefix("page/") else { return nil }
    let pages = ["page/index.html": "/", "page/docs.html": "/docs"]
    return PageFile(pages[file.name] ?? "/" + file.name, file.bytes)
  }

  static let named = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })
}

extension PageFile {
  /// Nothing but the page's own files and requests to its own origin.
  ///
  /// Source: Content Security Policy Level 3.
  package static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:",
    "connect-src 'self'", "worker-src 'self'", "manifest-src 'self'", "base-uri 'none'",
    "form-action 'none'", "frame-ancestors 'none'",
  ].joined(separator: "; ")

  /// Answers the file at a request's path.
  static func open(_ context: RequestContext) throws(Problem) -> Answering {
    guard let file = named[context.head.target.path] else { throw Problem.notFound }
    do {
      let head = context.head
      let isCompressed = head.fields[.acceptEncoding].map(takesGZip) ?? false
      return .now(try file.representation(isCompressed).response(to: head))
    } catch {
      throw Problem(error)
    }
  }

  private func representation(_ isCompressed: Bool) -> Representation {
    let coded = isCompressed ? compressed : nil
    var representation = Representation(coded ?? bytes, type: type.mediaType)
    if coded != nil { representation.fields[.contentEncoding] = "gzip" }
    representation.fields[.vary] = "Accept-Encoding"
    representation.fields[.contentSecurityPolicy] = PageFile.policy
    representation.fields[.xContentTypeOptions] = "nosniff"
    representation.fields[.referrerPolicy] = "no-referrer"
    representation.fields[.openerPolicy] = "same-origin"
    return representation
  }

  /// Whether a client takes the coding; one that is not named is not sent.
  ///
  /// Source: RFC 9110 §12.5.3.
  static func takesGZip(_ field: String) -> Bool {
    field.split(separator: ",").contains { coding in
      let parts = coding.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      guard parts.first?.lowercased() == "gzip" else { return false }
      return !parts.dropFirst().contains { weight in
        weight.lowercased().hasPrefix("q=") && Double(weight.dropFirst(2)) == 0
      }
    }
  }
}
