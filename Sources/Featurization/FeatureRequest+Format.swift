import Tensors

extension FeatureRequest {
  package enum Format: String, Sendable, Hashable, Codable, CaseIterable {
    case npy
    case npz
    case safetensors
    /// The values without a header.
    case raw
    /// One page per channel.
    case tiff
    case png
    case json
    case csv
    /// Polygons, as QuPath takes them.
    case geojson
    /// COCO's run lengths.
    case coco
    /// A ZIP archive of OME-Zarr's labels.
    case zarr
    /// A ZIP archive of files.
    case zip

    /// Array formats, the default first.
    static let arrays: [Format] = [.npy, .npz, .safetensors, .raw]

    package var mediaType: String {
      switch self {
      case .npy: "application/x-npy"
      case .npz: "application/x-npz"
      case .safetensors: "application/x-safetensors"
      case .raw: "application/octet-stream"
      case .tiff: "image/tiff"
      case .png: "image/png"
      case .json, .coco: "application/json"
      case .csv: "text/csv"
      case .geojson: "application/geo+json"
      case .zarr, .zip: "application/zip"
      }
    }

    /// The file name's extension, without the dot.
    package var fileExtension: String {
      switch self {
      case .coco: "json"
      case .zarr: "zarr.zip"
      default: rawValue
      }
    }

    /// The array file format; `nil` for pictures and documents.
    var file: ArrayFormat? {
      switch self {
      case .npy: .npy
      case .npz: .npz
      case .safetensors: .safetensors
      case .raw: .raw
      case .tiff: .tiff
      case .png, .json, .csv, .geojson, .coco, .zarr, .zip: nil
      }
    }
  }
}
