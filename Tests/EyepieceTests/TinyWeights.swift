import Foundation
import Support
import Testing

/// A small random model of `Fixtures/Families` as a folder of weights has it.
struct TinyWeights {
  private var header: [String: [String: Any]] = [:]
  private var elements = Data()
  private var card: [String: Any] = [:]

  init(_ name: String) throws {
    let url = packageFolder.appending(path: "Tests/Fixtures/Families/\(name).safetensors")
    let file = try Data(contentsOf: url)
    // safetensors: the header's length, the header, the elements.
    let length = (0..<8).reduce(0) { $0 | Int(file[$1]) << (8 * $1) }
    let object = try JSONSerialization.jsonObject(with: file[8..<8 + length])
    let parsed = try #require(object as? [String: [String: Any]])
    header = Dictionary(
      uniqueKeysWithValues: parsed.map { name, value in
        (name.hasPrefix("w.") ? String(name.dropFirst(2)) : name, value)
      })
    elements = file[(8 + length)...]
    let text = try #require(parsed["__metadata__"]?["card"] as? String)
    card = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// Writes the tensors and the card under a name.
  func write(to folder: String, as name: String) throws {
    let text = try JSONSerialization.data(withJSONObject: header)
    let size = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    try (Data(size) + text + elements).write(to: URL(filePath: "\(folder)/\(name).safetensors"))
    let named = card.merging(["name": name, "file": "\(name).safetensors"]) { $1 }
    try JSONSerialization.data(withJSONObject: named).write(
      to: URL(filePath: "\(folder)/\(name).json"))
  }

  /// Adds an upsampler of small numbers, of two doublings.
  mutating func addUpsampler(dim: Int) {
    card["upsampler"] = ["doublings": 2, "hasNorm": true]
    add("upsampler.norm.weight", [dim])
    add("upsampler.norm.bias", [dim])
    for index in 1...2 {
      let up = "upsampler.up\(index)"
      add("\(up).range_temp", [])
      add("\(up).sigma_spatial", [])
      for (name, outputs, inputs) in [
        ("range_proj.0", 32, 3), ("range_proj.3", 32, 32), ("fixup_proj.0", 49, 52),
        ("fixup_proj.3", 49, 49),
      ] {
        add("\(up).\(name).weight", [outputs, inputs, 1, 1])
        add("\(up).\(name).bias", [outputs])
      }
    }
    add("upsampler.fixup_proj.1.weight", [dim, dim, 1, 1])
    add("upsampler.fixup_proj.1.bias", [dim])
  }

  private mutating func add(_ name: String, _ shape: [Int]) {
    let begin = elements.count
    for index in 0..<shape.reduce(1, *) {
      let value = Float(0.3 + 0.2 * sin(0.37 * Double(index + begin)))
      elements += littleEndian(value)
    }
    header[name] = [
      "dtype": "F32", "shape": shape, "data_offsets": [begin, elements.count],
    ]
  }

  private func littleEndian(_ value: Float) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
  }
}
