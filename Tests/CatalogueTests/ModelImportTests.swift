import Tensors
import Catalogue
import Checkpoints
import Files
import Encoders
import Foundation
import Support
import Testing
import VisionTransformers

@Suite("Import") struct ModelImportTests {
  private let folder = TemporaryFolder()

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
  }

  private static func card(named name: String = "tiny") -> ModelCard {
    ModelCard(
      name: name, family: .mae, title: "Tiny", source: "tests", licence: "none",
      file: "elsewhere", sha256: nil, published: [.init(layout: "meta", file: "tiny.pth")],
      patch: 2, dim: 4, depth: 1, heads: 1, hidden: 4, registers: 0, feedForward: .mlp,
      epsilon: 1e-6, positions: .offset, positionGrid: 2,
      decoder: ModelCard.Decoder(
        dim: 4, depth: 1, heads: 1, hidden: 4, normalisedPixels: true, pixelOrder: .planar,
        maskRatio: 0.6),
      mean: [0, 0, 0], std: [1, 1, 1])
  }

  /// Half-precision weights of the card, of which none is like another.
  private func checkpoint(without missing: Int = 0) throws -> Checkpoint {
    var (members, data, place): ([String], [UInt8], UInt16) = ([], [], 0x3C00)
    for tensor in try Self.card().tensors() {
      let begin = data.count
      for _ in 0..<tensor.shape.reduce(1, *) {
        data += littleEndian(place)
        place += 1
      }
      members.append(member(tensor.name, "F16", tensor.shape, begin, data.count))
    }
    let bytes = fileBytes(header: "{\(members.joined(separator: ","))}", data: data)
    return try Checkpoint(missing == 0 ? ByteArray(bytes) : Failing(ByteArray(bytes), missing))
  }

  /// A source whose last bytes cannot be read after all.
  private struct Failing: ByteSource {
    let bytes: ByteArray
    let missing: Int

    init(_ bytes: ByteArray, _ missing: Int) {
      (self.bytes, self.missing) = (bytes, missing)
    }

    var count: Int { bytes.count }

    func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
      guard range.upperBound <= count - missing else {
        throw .truncated(bytes: count - missing, needed: range.upperBound)
      }
      return try bytes.bytes(range)
    }
  }

  private func write(
    _ checkpoint: Checkpoint, named name: String = "tiny", replacing: Bool = false
  ) throws -> ModelCard {
    let found = try ModelCatalogue([Self.card()]).recognise(checkpoint)
    return try ModelImport(checkpoint, found, as: Self.card(named: name)).write(
      into: folder.path, replacing: replacing)
  }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }

  @Test
  func `an import leaves a file of float32, and its card`() throws {
    let checkpoint = try checkpoint()
    let written = try write(checkpoint)
    #expect(try names == ["tiny.json", "tiny.safetensors"])
    let path = "\(folder.path)/tiny.safetensors"
    #expect(written.sha256 == (try SHA256.digest(of: File(reading: path))).description)
    #expect(written.file == "tiny.safetensors")
    let file = try Checkpoint(path: path)
    #expect(Set(file.tensors.keys) == Set(checkpoint.tensors.keys))
    for (name, tensor) in file.tensors {
      #expect(tensor.dataType == .f32 && tensor.shape == checkpoint.tensors[name]?.shape)
      #expect(try file.floats(name) == checkpoint.floats(name))
    }
    let (cards, refused) = CardFolder.cards(in: folder.path, beside: [Self.card(named: "other")])
    #expect(cards.map(\.name) == ["other", "tiny"] && cards[1] == written && refused == [])
  }

  @Test
  func `a model is replaced only when that is asked for`() throws {
    let first = try write(try checkpoint())
    #expect(throws: CatalogueError.exists("tiny")) { try write(try checkpoint()) }
    #expect(try write(try checkpoint(), replacing: true) == first)
    #expect(throws: CatalogueError.self) { try write(try checkpoint(without: 10), replacing: true) }
    let (cards, _) = CardFolder.cards(in: folder.path, beside: [Self.card()])
    #expect(cards == [first])
    let file = try File(reading: "\(folder.path)/tiny.safetensors")
    #expect(try SHA256.digest(of: file).description == first.sha256)
  }

  @Test
  func `a card without tensors is no model, and the next import replaces it`() throws {
    let written = try write(try checkpoint())
    let tensors = "\(folder.path)/tiny.safetensors"
    try FileManager.default.removeItem(atPath: tensors)
    #expect(CardFolder.cards(in: folder.path, beside: []).cards == [])
    #expect(try write(try checkpoint()) == written)
    try FileManager.default.removeItem(atPath: tensors)
    let card = URL(fileURLWithPath: "\(folder.path)/tiny.json")
    for text in ["notes of mine", String(decoding: try Self.card().json, as: UTF8.self)] {
      try Data(text.utf8).write(to: card)
      #expect(throws: CatalogueError.exists("tiny")) { try write(try checkpoint()) }
      #expect(try Data(contentsOf: card) == Data(text.utf8))
    }
  }

  @Test
  func `an import that fails leaves nothing`() throws {
    #expect(
      throws: CatalogueError.checkpoint(
        .truncated(bytes: try checkpoint().size - 10, needed: try checkpoint().size))
    ) { try write(try checkpoint(without: 10)) }
    #expect(try names == [])
  }

  @Test(arguments: ["", ".", "..", "../tiny", "a/b", "-a", ".a", "a b", "ä", "a\0"])
  func `a name that is no file's is refused`(name: String) throws {
    #expect(throws: CatalogueError.badName(name)) { try write(try checkpoint(), named: name) }
    #expect(try names == [])
  }

  @Test
  func `what an ended import left is removed, what a living one writes is not`() throws {
    let left = "\(folder.path)/.other.safetensors.draft"
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: left))
    let living = try AtomicFile(replacing: "\(folder.path)/whole")
    try living.write([1, 2])
    _ = try write(try checkpoint())
    #expect(!FileManager.default.fileExists(atPath: left))
    try living.write([3])
    try living.commit()
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/whole")) == Data([1, 2, 3]))
    #expect(try names == ["tiny.json", "tiny.safetensors", "whole"])
  }

  @Test
  func `cards that are none, or of another file, are passed over and named`() throws {
    let written = try write(try checkpoint())
    var other = written
    func put(_ name: String, _ bytes: [UInt8]) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
    }
    for name in ["a", "b", "c", "d", "e", "f", "g"] { try put("\(name).safetensors", [0]) }
    try put("a.json", Array("{}".utf8))
    try put("b.json", try written.json)
    other.name = "c"
    other.file = "../tiny.safetensors"
    try put("c.json", try other.json)
    (other.name, other.file, other.heads) = ("e", "e.safetensors", 0)
    try put("e.json", try other.json)
    (other.name, other.file, other.heads, other.positions) = ("f", "f.safetensors", 1, .rotary)
    try put("f.json", try other.json)
    other = written
    (other.name, other.file) = ("g", "g.safetensors")
    other.family = ModelCard.Family(rawValue: "convnext")
    try put("g.json", try other.json)
    try put("d.json", [UInt8](repeating: 0x20, count: 2 << 20))
    try put("config.json", Array("{}".utf8))
    let (cards, refused) = CardFolder.cards(in: folder.path, beside: [])
    #expect(cards == [written])
    #expect(refused == ["a.json", "b.json", "c.json", "d.json", "e.json", "f.json", "g.json"])
    #expect(CardFolder.cards(in: "/nowhere/at/all", beside: [written]).cards == [written])
  }
}

extension Checkpoint {
  /// Bytes of the file, by its last tensor.
  fileprivate var size: Int { tensors.values.map(\.storage.range.upperBound).max() ?? 0 }
}
