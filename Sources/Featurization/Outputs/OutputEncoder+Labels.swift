import Files
import Fields
import ImageCodecs
import Imaging
import Rendering
import Segmentation
import Tensors

/// Classes of all pixels, in formats that keep ids, names, colours and the extent of pixels.
extension OutputEncoder {
  func labels(
    _ labels: LabelImage, _ classes: [LabelClass], _ pixel: PixelSize?
  ) throws(FeaturizationError) -> RenderedOutput {
    let size = labels.size
    let shape = [size.height, size.width]
    func whole(_ bytes: [UInt8]) -> RenderedOutput {
      RenderedOutput(shape: shape, stage: request.kind.name, body: .whole(bytes))
    }
    switch request.format {
    case .png: return whole(try labels.png(classes))
    case .tiff:
      return whole(tiff(of: [labels.ids], size, classes))
    case .geojson: return whole(try labels.geoJSON(classes))
    case .coco:
      let runs = RunLengths(of: Components(of: labels, ids: Set(classes.map(\.id))), classes)
      guard runs.count <= RunLengths.mostRuns else {
        throw .tooDetailed(limit: RunLengths.mostRuns, corners: runs.count)
      }
      return whole(runs.bytes)
    case .zarr:
      let scale = pixel.map { (y: 1e6 * $0.height, x: 1e6 * $0.width) }
      return whole(ZarrLabels(labels, classes, scale: scale).bytes)
    case .npy, .npz, .safetensors, .raw, .json, .csv, .zip:
      return array(shape, ChunkedArray(labels.ids), .uint8)
    }
  }
}

extension OutputEncoder {
  /// The classes of several pages.
  func labels(
    ofPages pages: [[UInt8]], _ size: Size, _ classes: [LabelClass]
  ) -> RenderedOutput {
    let shape = [pages.count, size.height, size.width]
    guard request.format == .tiff else {
      return array(shape, ChunkedArray(pages.flatMap { $0 }), .uint8)
    }
    return RenderedOutput(
      shape: shape, stage: request.kind.name, body: .whole(tiff(of: pages, size, classes)))
  }

  private func tiff(of pages: [[UInt8]], _ size: Size, _ classes: [LabelClass]) -> [UInt8] {
    classes.tiff(of: pages, size, resolution)
  }
}

extension LabelImage {
  /// Outlines of the classes' objects.
  ///
  /// Throws `FeaturizationError.tooDetailed`.
  func geoJSON(_ classes: [LabelClass]) throws(FeaturizationError) -> [UInt8] {
    let ids = Set(classes.map(\.id))
    let parts = Components(of: self, ids: ids, .four)
    let outlines = LabelOutlines(of: parts)
    guard outlines.corners <= GeoJSON.mostCorners else {
      throw .tooDetailed(limit: GeoJSON.mostCorners, corners: outlines.corners)
    }
    let objects = parts.objects(of: Components(of: self, ids: ids))
    return GeoJSON(outlines, objects: objects, classes).bytes
  }

  /// A PNG whose palette has the classes' colours, and whose text their names.
  func png(_ classes: [LabelClass]) throws(FeaturizationError) -> [UInt8] {
    do throws(CodecError) {
      let palette = PNGPalette(colours: classes.palette, text: classes.description)
      return try encodePNG(Raster(classes: ids, size: size), palette)
    } catch {
      throw .image(error)
    }
  }
}

extension [LabelClass] {
  /// Pictures of classes' ids, with their colours and names.
  func tiff(of pages: [[UInt8]], _ size: Size, _ resolution: TIFFResolution?) -> [UInt8] {
    PaletteTIFF(
      height: size.height, width: size.width, colours: palette, resolution: resolution,
      notes: ["Labels=\(listed)"]
    ).bytes(of: pages)
  }

  /// Red, green and blue of all ids, `[256, 3]`; black where there is no class.
  fileprivate var palette: [UInt8] {
    var colours = [UInt8](repeating: 0, count: 3 * 256)
    for one in self {
      let place = 3 * Int(one.id)
      (colours[place], colours[place + 1], colours[place + 2]) = (
        one.color.red, one.color.green, one.color.blue
      )
    }
    return colours
  }

  /// JSON of ids, names and colours.
  fileprivate var description: String {
    let classes = map {
      "{\"id\":\($0.id),\"name\":\($0.name.jsonQuoted),\"color\":\"\($0.color)\"}"
    }
    return "{\"classes\":[\(classes.joined(separator: ","))]}"
  }

  /// `id name` of each class; other characters than those of ASCII as JSON escapes them.
  fileprivate var listed: String {
    map { "\($0.id) \($0.name.jsonEscaped(asASCII: true))" }.joined(separator: "; ")
  }
}
