import Encoders
import Fields
import Imaging
import LinearAlgebra

/// A field's options in the form in which a client would request it.
package struct FieldOptions: Sendable, Hashable, Encodable {
  package let model: String
  let stride: Int
  let layer: Layers
  let facet: String
  package let precision: String
  let shifts: String
  let neighbourhood: String
  let flips: String
  let rotations: String
  let upsample: String
  let alignment: String
  let fit: String
  let page: Int
  /// `nil` where the picture's own grey or colours are taken, which no value expresses.
  let channel: ChannelChoice?
  let orientation: String
  /// `nil` where all of the picture is looked at.
  let crop: PixelRectangle?
  /// `nil` where every sample is a measurement.
  let nodata: NoData?
  let scale: String
  /// The longest side; `nil` where the image keeps its size, which no value expresses.
  let resize: Int?
  /// The side of tiles that was asked for; `nil` where only what is too large is cut.
  let tile: Int?

  /// The blocks that are read, counted from 0: a number, or several as text, `8,11`.
  struct Layers: Sendable, Hashable, Encodable, CustomStringConvertible {
    let blocks: [Int]

    init(blocks: [Int]) { self.blocks = blocks }

    /// Reads its description; `nil` for anything else.
    init?(_ description: String) {
      let parts = description.split(separator: ",", omittingEmptySubsequences: false)
      blocks = parts.compactMap { Int(digits: $0) }
      guard blocks.count == parts.count, Set(blocks).count == blocks.count else { return nil }
    }

    var description: String { blocks.map(String.init).joined(separator: ",") }

    func encode(to encoder: any Swift.Encoder) throws {
      var value = encoder.singleValueContainer()
      if blocks.count == 1 { try value.encode(blocks[0]) } else { try value.encode(description) }
    }
  }

  init(_ request: FieldRequest) {
    model = request.model
    stride = request.encodeOptions.stride
    layer = Layers(blocks: request.encodeOptions.blocks)
    facet = request.encodeOptions.facet.rawValue
    precision = request.encodeOptions.precision.rawValue
    shifts =
      request.shifts.isEmpty ? "none" : request.shifts.map(String.init).joined(separator: ",")
    neighbourhood = request.neighbourhood.rawValue
    flips = request.flips.rawValue
    rotations = request.rotations.rawValue
    upsample = request.upsampling.rawValue
    alignment = request.alignment.rawValue
    fit = request.fit.rawValue
    page = request.page
    channel = request.channel
    orientation = request.orientation.rawValue
    crop = request.crop
    nodata = request.nodata
    scale = request.scale.description
    resize = request.resize
    tile = if case .side(let side) = request.tile { side } else { nil }
  }
}
