import Foundation

/// The index of a checkpoint in shards: which file has which tensors.
///
/// Source: Hugging Face's `model.safetensors.index.json`.
struct ShardIndex {
  private struct Document: Decodable {
    let weight_map: [String: String]
  }

  /// Names of tensors by the name of their file.
  private(set) var names: [String: [String]] = [:]

  /// Whether a file begins as JSON does, and no safetensors file can.
  static func isIndex(_ source: any ByteSource) throws(CheckpointError) -> Bool {
    let head = try source.bytes(0..<min(source.count, 64))
    guard head.first == UInt8(ascii: "{") else { return false }
    return head.allSatisfy { $0 >= 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
  }

  init(_ source: any ByteSource) throws(CheckpointError) {
    try CheckpointLimit.directory.check(source.count)
    let bytes = try source.bytes(0..<source.count)
    guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else {
      throw .foreign(.unknown)
    }
    for (tensor, file) in document.weight_map {
      guard !file.isEmpty, !file.contains("/"), !file.contains("\\"), file != ".", file != ".."
      else { throw .badShard(name: file) }
      names[file, default: []].append(tensor)
    }
    guard !names.isEmpty else { throw .noTensors }
    try CheckpointLimit.shards.check(names.count)
  }
}
