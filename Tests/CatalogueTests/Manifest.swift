import Checkpoints
import Encoders
import Foundation
import Testing

/// A variant of a published checkpoint: its tensors' names and shapes, and no values.
struct Manifest: Sendable, CustomTestStringConvertible {
  let variant: String
  var tensors: [String: [Int]]

  var testDescription: String { variant }

  private static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../.."
  ).standardizedFileURL

  /// One variant of every distribution, from the project itself.
  static let some: [Manifest] = {
    let url = package.appending(path: "Tests/Fixtures/Manifests/manifests.json")
    guard let data = try? Data(contentsOf: url),
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: [[Any]]]
    else { return [] }
    return object.sorted { $0.key < $1.key }.map { variant, rows in
      var tensors: [String: [Int]] = [:]
      for row in rows {
        guard let name = row[0] as? String, let shape = row.last as? [Int] else { continue }
        if row.count == 2 { tensors[name] = shape }
        guard row.count == 4, let first = row[1] as? Int, let last = row[2] as? Int,
          let place = name.firstIndex(of: "#")
        else { continue }
        for number in first...last {
          tensors[name.replacingCharacters(in: place...place, with: "\(number)")] = shape
        }
      }
      return Manifest(variant: variant, tensors: tensors)
    }
  }()

  /// All variants, where the reference lies beside the project.
  static let all: [Manifest] = {
    let url = package.appending(path: "../shared/reference/model_keys.json").standardizedFileURL
    guard let data = try? Data(contentsOf: url),
      let object = try? JSONDecoder().decode([String: [String: [Int]]].self, from: data)
    else {
      print("SKIPPED: all manifests, there is no \(url.path)")
      return []
    }
    return object.sorted { $0.key < $1.key }.map { Manifest(variant: $0, tensors: $1) }
  }()

  static let cards: [ModelCard] = {
    let url = package.appending(path: "Config/models.json")
    do {
      return try JSONDecoder().decode([ModelCard].self, from: Data(contentsOf: url))
    } catch {
      Issue.record("the cards: \(error)")
      return []
    }
  }()

  /// A safetensors file with these tensors, all zeros, of which only the header is in memory.
  func checkpoint(settings: [String: String] = [:]) throws -> Checkpoint {
    var members: [String] = []
    var end = 0
    for (name, shape) in tensors.sorted(by: { $0.key < $1.key }) {
      let begin = end
      end += 4 * shape.reduce(1, *)
      members.append(
        #""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#)
    }
    let header = Array("{\(members.joined(separator: ","))}".utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    let source = ZerosBehind(head: length + header, count: 8 + header.count + end)
    return Checkpoint(
      format: .safetensors, tensors: try Checkpoint(source).tensors, settings: settings,
      parts: [source])
  }

  /// The card that describes the variant.
  var card: String? {
    let (layout, name) = (variant.prefix { $0 != "/" }, variant.drop { $0 != "/" }.dropFirst())
    switch layout {
    case "timm": return Manifest.cardName(publishing: "timm/\(name)")
    case "hf":
      let organisation = name.prefix { $0 != "-" }
      return Manifest.cardName(
        publishing: "\(organisation)/\(name.dropFirst(organisation.count + 1))")
    case "torchvision": return Manifest.ofTorchvision[String(name)] ?? String(name)
    default:
      return String(name).replacing("_reg4", with: "_reg").replacing("_encoder", with: "")
        .replacing("_224", with: "").replacing("vit_base_patch", with: "vitb")
        .replacing("vit_large_patch", with: "vitl").replacing("vit_huge_patch", with: "vith")
        .replacing("sam_vit_", with: "sam_vit")
    }
  }

  private static let ofTorchvision = [
    "vit_b_16_384": "vit_b_16_swag", "vit_l_16_512": "vit_l_16_swag",
    "vit_h_14_518": "vit_h_14_swag", "vit_h_14": "vit_h_14_lc_swag",
  ]

  private static func cardName(publishing file: String) -> String? {
    cards.first { $0.published.contains { $0.file == file } }?.name
  }
}

/// Some bytes, and zeros up to a count.
struct ZerosBehind: ByteSource {
  let head: [UInt8]
  let count: Int

  func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    let known = range.clamped(to: 0..<head.count)
    return Array(head[known]) + [UInt8](repeating: 0, count: range.count - known.count)
  }
}
