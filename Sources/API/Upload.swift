import Files
import Featurization
package import HTTP1
import HTTPTypes
import Scheduling

/// Limits on the options in a query or a form.
package struct UploadLimits: Sendable, Hashable {
  /// The maximum number of query parameters.
  package var parameters = 64
  package var form = MultipartLimits()
  /// The maximum bytes of one option's value in a form.
  package var optionBytes = 1024

  package init() {}
}

/// The image of a request, or the name of a stored one, with all options.
///
/// Either the body is the image and the query has the options, or a form's parts have both.
struct Upload: Sendable {
  typealias Option = (name: String, value: String)

  let image: ImageSource
  let options: [Option]

  /// Reads a request's body; `query` are the options of the head's query.
  ///
  /// A form is searched from end to end, on a thread of the queue.
  static func read(
    _ body: [UInt8], _ query: [Option], _ head: RequestHead, _ limits: UploadLimits,
    on queue: JobQueue
  ) async throws -> Upload {
    guard isForm(head) else { return try Upload(body, query, head, limits) }
    return try await queue.run { try Upload(body, query, head, limits) }
  }

  private init(
    _ body: [UInt8], _ query: [Option], _ head: RequestHead, _ limits: UploadLimits
  ) throws(Problem) {
    var options = query
    var bytes = body
    if Upload.isForm(head) {
      let form = try limits.contents(of: Request(head: head, body: body))
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
}

extension UploadLimits {
  /// The parameters of a head's query.
  func options(of head: RequestHead) throws(Problem) -> [Upload.Option] {
    do {
      return try QueryString(head.target.query ?? "", parameterLimit: parameters).parameters.map {
        ($0.name, $0.value)
      }
    } catch {
      throw Problem(error)
    }
  }

  fileprivate func contents(
    of request: Request
  ) throws(Problem) -> (image: [UInt8], options: [Upload.Option]) {
    let sent: MultipartForm
    do {
      sent = try MultipartForm(
        body: request.body, contentType: request.head.fields[.contentType] ?? "", limits: form)
    } catch {
      throw Problem(error)
    }
    // The part image, or under any name the only part with a file's name.
    let files = sent.parts.filter { $0.filename != nil }
    let image = sent["image"] ?? (files.count == 1 ? files[0] : nil)
    var options: [Upload.Option] = []
    for option in sent.parts where option.name != "image" && option.range != image?.range {
      options.append((option.name, try value(of: option, in: request.body)))
    }
    return (image.map { Array(request.body[$0.range]) } ?? [], options)
  }

  /// The images of a form, with the names of their files, and its options; as many images as a batch
  /// may have jobs.
  func images(
    of request: Request, atMost count: Int
  ) throws(Problem) -> (images: [MultipartForm.Part], options: [Upload.Option]) {
    var limits = form
    limits.repeated = Parameter.image.rawValue
    limits.parts += count
    let sent: MultipartForm
    do {
      sent = try MultipartForm(
        body: request.body, contentType: request.head.fields[.contentType] ?? "", limits: limits)
    } catch {
      throw Problem(error)
    }
    var (images, options) = ([MultipartForm.Part](), [Upload.Option]())
    for part in sent.parts {
      if part.name == Parameter.image.rawValue {
        images.append(part)
      } else {
        options.append((part.name, try value(of: part, in: request.body)))
      }
    }
    return (images, options)
  }

  /// The text of a part that is an option.
  private func value(
    of option: MultipartForm.Part, in body: [UInt8]
  ) throws(Problem) -> String {
    guard option.range.count <= optionBytes else {
      throw Problem(
        413, "option-too-long", "A part that is not named image has too many bytes",
        limit: optionBytes, setting: "option-bytes")
    }
    guard let value = String(validating: body[option.range], as: UTF8.self) else {
      throw Problem(
        400, "malformed-form", "The form is malformed",
        "A part that is not named image is not UTF-8")
    }
    return value
  }
}
