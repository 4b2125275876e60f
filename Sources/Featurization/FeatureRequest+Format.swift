import Tensors

extension FeatureRequest {
  package enum Format: String, Sendable, Hashable, Codable, CaseIterable {
    case npy
    case npz
    case safetensors
    /// The values alone.
    case raw
    /// One page a channel.
    case tiff
    case png
    case json

    /// Those of arrays, the usual one first.
    static let arrays: [Format] = [.npy, .npz, .safetensors, .raw]

    package var mediaType: String {
      switch self {
      case .npy: "application/x-npy"
      case .npz: "application/x-npz"
      case .safetensors: "application/x-safetensors"
      case .raw: "application/octet-stream"
      case .tiff: "image/tiff"
      case .png: "image/png"
      case .json: "application/json"
      }
    }

    /// Of a file that holds it, without the dot.
    package var fileExtension: String { rawValue }

    /// The kind of file of arrays; a picture and a document are none.
    var file: ArrayFormat? {
      switch self {
      case .npy: .npy
      case .npz: .npz
      case .safetensors: .safetensors
      case .raw: .raw
      case .tiff: .tiff
      case .png, .json: nil
      }
    }
  }
}
