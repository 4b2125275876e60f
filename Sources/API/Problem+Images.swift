import ImageCodecs

extension Problem {
  init(_ error: CodecError) {
    switch error {
    case .unrecognised:
      self.init(
        422, "unrecognised-image", "The body is no image that can be read",
        "The first bytes are those of no \(ImageFormat.names) image")
    case .foreign(let format):
      self.init(
        415, "foreign-format", "A \(format.name) file is not read",
        "The body is a \(format.name) file, which is not read: \(format.advice)")
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
}
