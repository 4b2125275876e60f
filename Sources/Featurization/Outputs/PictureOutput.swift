package import Encoders
import Imaging
import LinearAlgebra

/// `output=picture`: the part of the image that is looked at, at its levels, as a model would see it.
///
/// Nothing is encoded, so that it is there before any feature.
package struct PictureOutput: Output {
  package let places: Places
  package var kind: OutputKind { .picture }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    var field = field.ofWholeModel(card).identityAlone
    field.encodeOptions.precision = .float32
    return field
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let (intensities, canvas) = try await query.intensities()
    let bytes = intensities.values.count
    return Rendering(bytes: Footprint.Bytes(making: 6 * bytes, kept: 2 * bytes)) {
      encoder throws(FeaturizationError) in
      try encoder.picture(Raster(intensities, shown: canvas), of: places.selection)
    }
  }
}

extension OutputKind {
  package static let picture = OutputKind(
    "picture", formats: [.png], parameters: [.region], isOfWholeModel: true
  ) { options throws(ParameterError) in
    PictureOutput(places: try Places(options))
  }
}

extension Raster {
  /// Intensities as bytes, of the part of the canvas that is shown, `[height, width, channels]`.
  fileprivate init(_ intensities: Intensities, shown canvas: Canvas) {
    let (size, channels) = (intensities.size, intensities.channels)
    let area = size.width * size.height
    let shown = canvas.shown
    var samples: [UInt8] = []
    samples.reserveCapacity(shown.width * shown.height * channels)
    for y in canvas.top..<canvas.top + shown.height {
      for x in canvas.left..<canvas.left + shown.width {
        for channel in 0..<channels {
          let level = intensities.values[channel * area + y * size.width + x]
          samples.append(UInt8((min(max(level, 0), 1) * 255).rounded()))
        }
      }
    }
    self.init(size: shown, channels: channels, samples: .uint8(samples))
  }
}
