import Encoders
import ImageCodecs
import Imaging
import Scheduling

/// What a field shows, which needs no encoder: its size, and its grey levels.
struct FieldPicture: DerivedValue {
  let size: Size
  /// `[height · width]`, as an encoded image has them.
  let grey: [UInt8]
  /// What was looked at.
  let source: SourceDescription

  var bytes: Int { grey.count }
}

extension FieldPicture {
  init(_ image: EncodedImage) {
    self.init(size: image.canvas.shown, grey: image.grey, source: image.source)
  }
}

extension FieldService {
  /// The size of the field of an image, from its header.
  ///
  /// Throws `FeaturizationError` and `JobError`.
  func size(of source: FieldSource, for owner: Owner) async throws -> Size {
    if let here = encodedHere(source.record) { return here.canvas.shown }
    do {
      return try await outline(source, for: owner).canvas.shown
    } catch FeaturizationError.noSuchImage {
      return try await kept(source.record, base: source.record, for: owner).image.canvas.shown
    }
  }

  /// Reads the picture of a field from its image, as a job of the queue for queries.
  ///
  /// Throws `FeaturizationError` and `JobError`.
  func picture(of source: FieldSource, for owner: Owner) async throws -> FieldPicture {
    let (image, canvas, bytes) = try await outline(source, for: owner)
    let reading = ImageReading(source.record.request, limits: limits.decoding)
    return try await storage.inTurn(.init(seconds: 0.1, bytes: bytes, owner: owner)) {
      let (intensities, looked) = try reading.intensities(image, resizedTo: canvas.source)
      return FieldPicture(
        size: canvas.shown, grey: intensities.greyLevels(of: canvas), source: looked)
    }
  }

  /// The encodings of a field in memory, of all its views or of those that are there.
  func encodedHere(_ record: FieldRecord) -> EncodedImage? {
    cache.encodedInMemory(record.encodings) ?? works[record]?.image
  }

  /// An image's bytes, how a field of it is laid out, and the bytes of memory that reading it takes.
  private func outline(
    _ source: FieldSource, for owner: Owner
  ) async throws -> (image: [UInt8], canvas: Canvas, bytes: Int) {
    let request = source.record.request
    guard let card = models.card(named: request.model) else {
      throw FeaturizationError.fieldGone(source.record.name)
    }
    let image = try await images.reader(of: source.image, for: owner)()
    return try await storage.run { [limits] in
      let header: ImageHeader
      do throws(CodecError) {
        header = try probe(image, page: request.page, limits: limits.decoding)
      } catch {
        throw FeaturizationError.image(error)
      }
      let canvas = try Plan.canvas(request, header: header, card: card, limits: limits)
      let decoded = try ImageReading(request, limits: limits.decoding).bytes(of: header)
      let pixels = canvas.source.width * canvas.source.height
      return (image, canvas, image.count + decoded + 24 * pixels)
    }
  }
}
