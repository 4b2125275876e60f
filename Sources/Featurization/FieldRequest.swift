package import Encoders
package import Fields
package import Imaging

/// Everything that determines a field beside the image, with all defaults resolved.
package struct FieldRequest: Sendable, Hashable, Codable {
  /// The directions of the shifts.
  ///
  /// Source: HR-Dv2's `get_shift_transforms`.
  package enum Neighbourhood: String, Sendable, Hashable, Codable, CaseIterable {
    case moore
    case neumann
  }

  package enum Flips: String, Sendable, Hashable, Codable, CaseIterable {
    /// Identity, horizontal, vertical and both flips: the whole group.
    case both
    case none
    case horizontal
    case vertical
    /// Identity twice, horizontal and vertical, as in HR-Dv2.
    case hrdv2
  }

  package enum Rotations: String, Sendable, Hashable, Codable, CaseIterable {
    case none
    /// All four multiples of 90°, for square images.
    case quarter
  }

  /// The storage type of a field's vectors.
  package enum StorageType: String, Sendable, Hashable, Codable, CaseIterable {
    case float32
    /// Half the memory; values are rounded once, to nearest, when computed.
    case float16
  }

  /// How rows and columns are read.
  package enum OrientationRule: String, Sendable, Hashable, Codable, CaseIterable {
    /// As the file has them.
    case stored
    /// Turned as its orientation tag says.
    case upright
  }

  package var model: String
  /// Stride, block and facet.
  package var encodeOptions: EncodeOptions
  /// Shift distances in pixels.
  package var shifts: [Int]
  package var neighbourhood: Neighbourhood
  package var flips: Flips
  package var rotations: Rotations
  package var upsampling: Upsampling
  package var alignment: Alignment
  package var fit: Canvas.Fit
  package var page: Int
  /// `nil` takes grey or colours as they are.
  package var channel: ChannelChoice?
  package var orientation: OrientationRule
  /// The part of the turned picture that is looked at; `nil` for all of it.
  package var crop: PixelRectangle?
  /// Samples that are no measurement; `nil` if all are.
  package var nodata: NoData?
  package var scale: Scale
  /// The longest side in pixels before encoding; `nil` keeps the image's size.
  package var resize: Int?
  /// When views are encoded in tiles.
  package var tile: Tiling
  package var storageType: StorageType
}

extension FieldRequest {
  /// The distinct views of an image and how often each occurs, identity first.
  ///
  /// Shifts come first, then flips, then quarter turns; views with the same pixels are merged.
  package func views(of size: Size) -> [(view: View, count: Int)] {
    var order: [View] = []
    var counts: [View: Int] = [:]
    for (down, right) in displacements {
      for flip in flipped {
        for turn in turned {
          let view = View(
            down: View.modulo(down, size.height), right: View.modulo(right, size.width),
            flipsRows: flip.rows != turn.rows, flipsColumns: flip.columns != turn.columns,
            isTransposed: turn.isTransposed)
          if counts[view] == nil { order.append(view) }
          counts[view, default: 0] += 1
        }
      }
    }
    return order.map { ($0, counts[$0] ?? 0) }
  }

  /// The number of views before merging: an upper bound on the work.
  package var viewBound: Int { displacements.count * flipped.count * turned.count }

  /// The part that determines the views' encodings.
  ///
  /// Upsampling and alignment do not, except for an upsampler guided by the image.
  package var encodings: FieldRequest {
    var request = self
    (request.upsampling, request.alignment) = (upsampling == .jbu ? .jbu : .bilinear, .patches)
    return request
  }

  /// The request with the identity view alone, which patches and the class token need.
  package var identityAlone: FieldRequest {
    var request = encodings
    request.upsampling = .bilinear
    (request.shifts, request.neighbourhood) = ([], .moore)
    (request.flips, request.rotations) = (.none, .none)
    return request
  }

  /// The shifts as (down, right), the identity first.
  ///
  /// Source: HR-Dv2's order, y first.
  private var displacements: [(Int, Int)] {
    let moore = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
    let neumann = [(-1, 0), (0, -1), (0, 1), (1, 0)]
    let directions = neighbourhood == .moore ? moore : neumann
    return [(0, 0)]
      + shifts.flatMap { distance in directions.map { ($0.0 * distance, $0.1 * distance) } }
  }

  private var flipped: [(rows: Bool, columns: Bool)] {
    switch flips {
    case .both: [(false, false), (false, true), (true, false), (true, true)]
    case .none: [(false, false)]
    case .horizontal: [(false, false), (false, true)]
    case .vertical: [(false, false), (true, false)]
    case .hrdv2: [(false, false), (false, true), (false, false), (true, false)]
    }
  }

  private var turned: [(isTransposed: Bool, rows: Bool, columns: Bool)] {
    switch rotations {
    case .none: [(false, false, false)]
    case .quarter:
      // A quarter turn is a transposition and one flip; a half turn is two flips.
      [(false, false, false), (true, false, true), (false, true, true), (true, true, false)]
    }
  }
}
