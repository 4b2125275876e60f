import Featurization
import Files
import ImageCodecs
import Imaging
import Scheduling
import Tensors

/// An output of a request as a tensor, whose shape is known before its elements are sent.
struct InferenceOutput: Sendable {
  /// How an answer's bytes become elements.
  enum Form: Sendable {
    /// An array's elements as they are.
    case elements(ElementType)
    /// The pixels of a PNG.
    case pixels
    /// The file itself.
    case file
  }

  let name: String
  let form: Form
  let shape: [Int]
  /// Bytes of the elements; those of BYTES with their length.
  let byteCount: Int
  /// Makes the answer, again where it was let go.
  private let answer: @Sendable () async throws -> Answer

  /// A text that is known.
  init(_ name: String, text: String) {
    (self.name, form, shape, byteCount) = (name, .file, [1], 4 + text.utf8.count)
    known = Array(text.utf8)
    answer = { preconditionFailure("an answer of what is known") }
  }

  private let known: [UInt8]?

  /// Takes an answer's outline; `isKept` holds the answer, else it is made again when it is sent.
  init(
    _ name: String, _ first: Answer, isFile: Bool, isKept: Bool,
    _ answer: @escaping @Sendable () async throws -> Answer
  ) throws(Problem) {
    self.name = name
    known = nil
    if isKept { self.answer = { first } } else { self.answer = answer }
    let length = first.body.length
    switch first.format {
    case .raw where !isFile:
      let type = try InferenceOutput.elementType(of: first)
      (form, shape, byteCount) = (.elements(type), first.shape, length)
    case .png where !isFile:
      (form, shape, byteCount) = (.pixels, first.shape, first.shape.reduce(1, *))
    case .npy, .npz, .safetensors, .raw, .tiff, .png, .json, .csv, .geojson, .coco, .zarr, .zip:
      (form, shape, byteCount) = (.file, [1], 4 + length)
    }
  }

  /// What an array's elements are; of one that is kept as bytes alone, by their size.
  private static func elementType(of answer: Answer) throws(Problem) -> ElementType {
    if case .stream(let stream) = answer.body, let first = stream.arrays.first {
      return first.outline.type
    }
    let count = answer.shape.reduce(1, *)
    let types: [ElementType] = [.float32, .float16, .uint8]
    // Any other size is no array of ours, and is not sent as one.
    guard let type = types.first(where: { $0.size * count == answer.body.length }) else {
      throw changed
    }
    return type
  }

  var type: InferenceType {
    switch form {
    case .elements(let type): .number(type)
    case .pixels: .number(.uint8)
    case .file: .bytes
    }
  }

  /// Sends the elements, `byteCount` bytes.
  func write(to sink: (sending [UInt8]) async throws -> Void) async throws {
    if let known {
      try await sink(InferenceOutput.head(known.count) + known)
      return
    }
    let answer = try await answer()
    switch form {
    case .elements: try await InferenceOutput.pass(answer, to: sink)
    case .file:
      try await sink(InferenceOutput.head(answer.body.length))
      try await InferenceOutput.pass(answer, to: sink)
    case .pixels:
      let pixels = try await InferenceOutput.pixels(of: answer)
      guard pixels.count == byteCount else { throw InferenceOutput.changed }
      if !pixels.isEmpty { try await sink(pixels) }
    }
    withExtendedLifetime(answer.reservation) {}
  }

  /// All elements together.
  func bytes() async throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    try await write { bytes += $0 }
    return bytes
  }

  /// The length of an element of BYTES.
  private static func head(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: count))
    return bytes
  }

  private static func pass(
    _ answer: Answer, to sink: (sending [UInt8]) async throws -> Void
  ) async throws {
    switch answer.body {
    case .whole(let bytes): if !bytes.isEmpty { try await sink(bytes) }
    case .stream(let stream): try await stream.write { try await sink($0) }
    }
  }

  /// The samples of a picture that was made here.
  private static func pixels(of answer: Answer) async throws -> [UInt8] {
    var file: [UInt8] = []
    try await pass(answer) { file += $0 }
    let side = max(answer.shape[0], answer.shape[1])
    let raster = try decode(
      file,
      limits: DecodingLimits(
        encodedBytes: file.count, pixels: answer.shape[0] * answer.shape[1], side: side, pages: 1))
    guard case .uint8(let samples) = raster.samples else { throw changed }
    return samples
  }

  private static let changed = Problem(
    500, "internal", "Something went wrong here; the server's log may say what")
}
