package import Featurization
import ImageCodecs
package import Jobs

extension Problem {
  package init(_ error: JobError) {
    switch error {
    case .queueFull(let limit, let seconds):
      self.init(
        503, "queue-full", "Too many requests wait", limit: limit, setting: "queue-length")
      retryAfter = Int(min(max(seconds.rounded(.up), 1), 3600))
    case .closing:
      self.init(503, "closing", "The server is ending")
      retryAfter = 10
    }
  }

  package init(_ error: ParameterError) {
    switch error {
    case .unknown(let name):
      let known = Parameter.allCases.map(\.rawValue).joined(separator: ", ")
      self.init(
        400, "unknown-parameter", "Unknown parameter",
        "There is no parameter \(Problem.quoted(name)); there are \(known)")
    case .repeated(let parameter):
      self.init(
        400, "repeated-parameter", "Repeated parameter",
        "The parameter \(parameter.rawValue) is given twice")
    case .invalid(let parameter, let value):
      self.init(
        400, "invalid-parameter", "Invalid parameter",
        "\(parameter.rawValue) cannot be \(Problem.quoted(value)); allowed: \(parameter.allowed)")
    case .unknownModel(let name, let known):
      self.init(
        400, "unknown-model", "Unknown model",
        "model cannot be \(Problem.quoted(name)); allowed: \(known.joined(separator: ", "))")
    case .planned(let name, let value):
      let what = value.map { "\(name)=\($0)" } ?? "The parameter \(name)"
      self.init(
        400, "not-available", "Not available in this version",
        "\(what) is not available in this version")
    case .conflict(let one, let other):
      self.init(
        400, "conflicting-parameters", "Conflicting parameters",
        "\(one.rawValue) and \(other.rawValue) do not go together as given")
    }
  }

  package init(_ error: FeaturizationError) {
    switch error {
    case .image(let error):
      self.init(error)
    case .notFinite(let samples):
      self.init(
        422, "not-finite", "The image has samples that are not finite",
        "\(samples) samples are not finite numbers, or are too large to compute with")
    case .rotationNeedsSquare(let encoded):
      self.init(
        422, "not-square", "Quarter turns need a square image",
        "rotations=quarter needs a square image; this one is \(encoded) once fitted to patches")
    case .smallerThanPatch(let image, let patch):
      self.init(
        422, "smaller-than-patch", "The image is smaller than a patch",
        "fit=crop needs sides of at least \(patch) pixels; this image is \(image)")
    case .tooManyTokens(let limit, let tokens):
      self.init(
        422, "too-many-tokens", "A view has \(tokens) tokens", limit: limit, setting: "tokens")
    case .tooManyViews(let limit, let views):
      self.init(
        422, "too-many-views", "The request has \(views) views", limit: limit, setting: "views")
    case .tooMuchWork(let limit, let predicted):
      self.init(
        422, "too-much-work",
        "The request takes \(Problem.number((predicted * 10).rounded() / 10)) × 10¹² operations",
        limit: limit, setting: "teraoperations")
    case .noComponents:
      self.init(
        422, "no-components", "No principal components were found",
        "The features of this image have no principal components that could be found")
    case .weightsMissing(let model):
      self.init(
        422, "weights-missing", "The model's weights are not on this server",
        "The weights of \(model) are not on this server")
    case .weightsRefused(let model, _):
      self.init(
        503, "weights-refused", "The model's weights could not be read",
        "The weights of \(model) could not be read; the server's log says why")
    }
  }

  private init(_ error: CodecError) {
    switch error {
    case .unrecognised:
      self.init(
        422, "unrecognised-image", "The body is no PNG, JPEG or TIFF",
        "The first bytes are those of no PNG, JPEG or TIFF image")
    case .tooManyBytes(let bytes, let limit):
      self.init(
        413, "image-too-large", "The image file has \(bytes) bytes", limit: limit,
        setting: "body-bytes")
    case .sideTooLong(let side, let limit):
      self.init(
        413, "side-too-long", "The image has a side of \(side) pixels", limit: limit,
        setting: "side")
    case .tooManyPixels(let pixels, let limit):
      self.init(
        413, "too-many-pixels", "The image has \(pixels) pixels", limit: limit,
        setting: "pixels")
    case .tooManyPages(let limit):
      self.init(
        413, "too-many-pages", "The TIFF has too many pages", limit: limit, setting: "pages")
    case .noSuchPage(let page, let pages):
      self.init(
        422, "no-such-page", "No such page",
        "There is no page \(page): the image has \(pages), counted from 0")
    case .unsupported(let format, let what):
      self.init(
        422, "unsupported-image", "A kind of image that is not read",
        "This kind of \(format.rawValue) is not read: \(what)")
    case .damaged(let format, let reason):
      self.init(
        422, "damaged-image", "The image is damaged", "The \(format.rawValue) is damaged: \(reason)"
      )
    case .truncated(let format, let reason):
      self.init(
        422, "truncated-image", "The image is cut short",
        "The \(format.rawValue) is cut short: \(reason)")
    case .outOfMemory(let format):
      self.init(
        503, "out-of-memory", "No memory to decode the image",
        "There is no memory to decode the \(format.rawValue)")
      retryAfter = 10
    }
  }

  /// A client's own words, short and harmless.
  private static func quoted(_ text: String) -> String {
    let shown = text.prefix(64).map { $0.isASCII && !$0.isNewline && $0 != "\"" ? $0 : "?" }
    return "\"\(String(shown))\(text.count > 64 ? "…" : "")\""
  }
}
