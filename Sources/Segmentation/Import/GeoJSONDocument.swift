import Foundation

/// GeoJSON in the form that QuPath writes: a collection of features, a list of them, or a single one.
///
/// Coordinates are continuous pixels, y downwards. Source: RFC 7946, but for its coordinates; QuPath's
/// `QuPathTypeAdapters` and `ROITypeAdapters`.
struct GeoJSONDocument: Decodable {
  let features: [Feature]
  /// A member that is ours: which ids the names have.
  let classes: [NamedClass]?

  struct NamedClass: Decodable {
    let id: UInt8
    let name: String
    let color: LabelClass.Color?
  }

  struct Feature: Decodable {
    let geometry: Geometry
    let properties: Properties?
  }

  struct Properties: Decodable {
    let classification: Classification?
    /// The id of the class, as our own files have it; QuPath's objects have other ids elsewhere.
    let id: Int?

    private enum CodingKeys: String, CodingKey {
      case classification, id
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      classification = try container.decodeIfPresent(Classification.self, forKey: .classification)
      id = try? container.decodeIfPresent(Int.self, forKey: .id)
    }
  }

  /// A class as QuPath names it: a text, or an object with one name or several.
  struct Classification: Decodable {
    let name: String
    let color: LabelClass.Color?

    private enum CodingKeys: String, CodingKey {
      case name, names, color, colorRGB
    }

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        (name, color) = (text, nil)
        return
      }
      let container = try decoder.container(keyedBy: CodingKeys.self)
      if let names = try container.decodeIfPresent([String].self, forKey: .names) {
        name = names.joined(separator: ": ")
      } else {
        name = try container.decode(String.self, forKey: .name)
      }
      if let parts = try? container.decodeIfPresent([UInt8].self, forKey: .color), parts.count == 3
      {
        color = LabelClass.Color(red: parts[0], green: parts[1], blue: parts[2])
      } else if let packed = try? container.decodeIfPresent(Int32.self, forKey: .colorRGB) {
        let bits = UInt32(bitPattern: packed)
        color = LabelClass.Color(
          red: UInt8(bits >> 16 & 255), green: UInt8(bits >> 8 & 255), blue: UInt8(bits & 255))
      } else {
        color = nil
      }
    }
  }

  struct Geometry: Decodable {
    let shape: LabelShapes.Shape
    /// The page of a stack that it lies in; `nil` for all.
    let page: Int?

    fileprivate enum Kind: String, Decodable, CaseIterable {
      case point = "Point"
      case points = "MultiPoint"
      case line = "LineString"
      case lines = "MultiLineString"
      case polygon = "Polygon"
      case polygons = "MultiPolygon"
    }

    private struct Plane: Decodable {
      let z: Int?
      let t: Int?
    }

    private enum CodingKeys: String, CodingKey {
      case type, coordinates, plane
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      func coordinates<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try container.decode(type, forKey: .coordinates)
      }
      typealias Corner = LabelShapes.Corner
      shape =
        switch try container.decode(Kind.self, forKey: .type) {
        case .point: .points([try coordinates(Corner.self)])
        case .points: .points(try coordinates([Corner].self))
        case .line: .lines([try coordinates([Corner].self)])
        case .lines: .lines(try coordinates([[Corner]].self))
        case .polygon: .polygons([try coordinates([[Corner]].self)])
        case .polygons: .polygons(try coordinates([[[Corner]]].self))
        }
      let plane = try container.decodeIfPresent(Plane.self, forKey: .plane)
      // A stack's pages are slices of one kind or the other.
      page = plane.map { max($0.z ?? 0, $0.t ?? 0) }
    }
  }

  private enum CodingKeys: String, CodingKey {
    case type, features, classes
  }

  private enum Kind: String, Decodable {
    case collection = "FeatureCollection"
    case feature = "Feature"
  }

  init(from decoder: any Decoder) throws {
    if (try? decoder.unkeyedContainer()) != nil {
      (features, classes) = (try [Feature](from: decoder), nil)
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    classes = try container.decodeIfPresent([NamedClass].self, forKey: .classes)
    switch try container.decode(Kind.self, forKey: .type) {
    case .collection: features = try container.decode([Feature].self, forKey: .features)
    case .feature: features = [try Feature(from: decoder)]
    }
  }

  /// Reads a document; throws `SegmentationError.malformedShapes`.
  init(_ bytes: [UInt8]) throws(SegmentationError) {
    do {
      self = try JSONDecoder().decode(GeoJSONDocument.self, from: Data(strictJSON(bytes)))
    } catch {
      throw .malformedShapes(reason: GeoJSONDocument.words(for: error))
    }
  }

  /// Where a document is wrong, without quoting it.
  private static func words(for error: any Error) -> String {
    guard let error = error as? DecodingError else { return "it cannot be read" }
    func place(_ keys: [any CodingKey]) -> String {
      let path = keys.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
      return String(path.drop { $0 == "." })
    }
    switch error {
    case .keyNotFound(let key, let context):
      return "\(place(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      let place = place(context.codingPath)
      guard !place.isEmpty else { return "it is no JSON" }
      let possible =
        place.hasSuffix("geometry.type")
        ? "; \(Geometry.Kind.allCases.map(\.rawValue).joined(separator: ", ")) are possible" : ""
      return "\(place) has a value that is not possible\(possible)"
    @unknown default: return "it cannot be read"
    }
  }
}
