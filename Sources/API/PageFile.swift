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
  package static let all: [PageFile] = [
    PageFile("/page/api.js", PackageResources.api_js),
    PageFile("/page/app.css", PackageResources.app_css),
    PageFile("/page/apply.js", PackageResources.apply_js),
    PageFile("/page/clusters.js", PackageResources.clusters_js),
    PageFile("/page/colours.js", PackageResources.colours_js),
    PageFile("/page/crop.js", PackageResources.crop_js),
    PageFile("/page/cursor.js", PackageResources.cursor_js),
    PageFile("/page/detail.js", PackageResources.detail_js),
    PageFile("/page/docs.css", PackageResources.docs_css),
    PageFile("/docs", PackageResources.docs_html),
    PageFile("/page/docs.js", PackageResources.docs_js),
    PageFile("/page/dom.js", PackageResources.dom_js),
    PageFile("/page/download.js", PackageResources.download_js),
    PageFile("/page/fields.js", PackageResources.fields_js),
    PageFile("/page/files.js", PackageResources.files_js),
    PageFile("/page/histogram.js", PackageResources.histogram_js),
    PageFile("/page/icon.svg", PackageResources.icon_svg),
    PageFile("/", PackageResources.index_html),
    PageFile("/page/keep.js", PackageResources.keep_js),
    PageFile("/page/keys.js", PackageResources.keys_js),
    PageFile("/page/labels.js", PackageResources.labels_js),
    PageFile("/page/layers.js", PackageResources.layers_js),
    PageFile("/page/live.js", PackageResources.live_js),
    PageFile("/page/looks.js", PackageResources.looks_js),
    PageFile("/page/main.js", PackageResources.main_js),
    PageFile("/page/measure.js", PackageResources.measure_js),
    PageFile("/page/messages.js", PackageResources.messages_js),
    PageFile("/page/open.js", PackageResources.open_js),
    PageFile("/page/panels.js", PackageResources.panels_js),
    PageFile("/page/pointer.js", PackageResources.pointer_js),
    PageFile("/page/projects.js", PackageResources.projects_js),
    PageFile("/page/samples.js", PackageResources.samples_js),
    PageFile("/page/scale.js", PackageResources.scale_js),
    PageFile("/page/shapes.js", PackageResources.shapes_js),
    PageFile("/page/state.js", PackageResources.state_js),
    PageFile("/page/strip.js", PackageResources.strip_js),
    PageFile("/page/suggest.js", PackageResources.suggest_js),
    PageFile("/page/tools.js", PackageResources.tools_js),
    PageFile("/page/view.js", PackageResources.view_js),
    PageFile("/page/yaml.js", PackageResources.yaml_js),
  ]

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
