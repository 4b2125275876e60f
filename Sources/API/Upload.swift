import Digests
import Featurization
import HTTP1
import HTTPTypes

/// An image that came with a request, or the name of one that is kept, and all options.
///
/// The body is the image and the query has the options, or a form's parts have both.
struct Upload: Sendable {
  typealias Option = (name: String, value: String)

  /// Bytes of one option's value in a form.
  static let formValue = 1024

  let image: ImageSource
  let options: [Option]

  init(_ request: Request) throws(Problem) {
    var options = try Upload.options(of: request.head)
    var bytes = request.body
    if Upload.isForm(request.head) {
      let form = try Upload.form(request)
      bytes = form.image
      options += form.options
    }
    if let name = try Upload.keptImage(options) {
      guard bytes.isEmpty else { throw Problem(ParameterError.imageTwice) }
      image = .kept(name)
    } else if bytes.isEmpty {
      throw Problem(
        400, "no-image", "There is no image",
        "The body, or the form's part image, is empty, and no parameter image names one")
    } else {
      image = .bytes(bytes)
    }
    self.options = options
  }

  /// The query's parameters.
  static func options(of head: RequestHead) throws(Problem) -> [Option] {
    do {
      return try QueryString(head.target.query ?? "").parameters.map { ($0.name, $0.value) }
    } catch {
      throw Problem(error)
    }
  }

  static func isForm(_ head: RequestHead) -> Bool {
    head.fields[.contentType]?.lowercased().hasPrefix("multipart/") == true
  }

  private static func keptImage(_ options: [Option]) throws(Problem) -> Digest? {
    guard let option = options.first(where: { $0.name == Parameter.image.rawValue }) else {
      return nil
    }
    guard let digest = Digest(imageName: option.value) else {
      throw Problem(ParameterError.invalid(.image, value: option.value))
    }
    return digest
  }

  private static func form(
    _ request: Request
  ) throws(Problem) -> (image: [UInt8], options: [Option]) {
    let form: MultipartForm
    do {
      form = try MultipartForm(
        body: request.body, contentType: request.head.fields[.contentType] ?? "")
    } catch {
      throw Problem(error)
    }
    var options: [Option] = []
    for option in form.parts where option.name != "image" {
      guard option.range.count <= Upload.formValue,
        let value = String(validating: request.body[option.range], as: UTF8.self)
      else {
        throw Problem(
          400, "malformed-form", "The form is malformed",
          "A part that is not named image is not UTF-8 of at most \(Upload.formValue) bytes")
      }
      options.append((option.name, value))
    }
    return (form["image"].map { Array(request.body[$0.range]) } ?? [], options)
  }
}
