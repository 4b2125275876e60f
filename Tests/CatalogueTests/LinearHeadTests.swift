import Tensors
import Catalogue
import Checkpoints
import Encoders
import Foundation
import Support
import Testing
import VisionTransformers

@Suite("Linear heads") struct LinearHeadTests {
  private static let dim = 4

  private static func card(_ family: ModelCard.Family = .dinov2) -> ModelCard {
    ModelCard(
      name: "body", family: family, title: "", source: "", licence: "", file: "", sha256: nil,
      patch: 2, dim: dim, depth: 1, heads: 1, hidden: 4, registers: 0, feedForward: .mlp,
      epsilon: 1e-6, positions: .offset, positionGrid: 2, mean: [0, 0, 0], std: [1, 1, 1])
  }

  /// A file of float32s that count up from a start, one tensor behind the other.
  private static func file(
    _ tensors: [(name: String, shape: [Int])], from start: Int
  ) throws -> Checkpoint {
    var (members, data): ([String], [UInt8]) = ([], [])
    for (name, shape) in tensors {
      let begin = data.count
      for _ in 0..<shape.reduce(1, *) { data += bytes(of: [Float(start + data.count / 4)]) }
      members.append(member(name, "F32", shape, begin, data.count))
    }
    return try Checkpoint(
      ByteArray(fileBytes(header: "{\(members.joined(separator: ","))}", data: data)))
  }

  private static func body(_ card: ModelCard = card()) throws -> Checkpoint {
    try file(card.tensors().map { ($0.name, $0.shape) }, from: 0)
  }

  private static func head(width: Int, prefix: String = "") throws -> Checkpoint {
    try file([("\(prefix)weight", [3, width]), ("\(prefix)bias", [3])], from: 1000)
  }

  static let kinds: [(ModelCard.Family, Int, ModelCard.Head.Input?)] = [
    (.dinov2, 1, .pooled), (.dinov2, 2, .classAndMean), (.dinov2, 3, nil),
    (.dinov2, 4, .lastFour), (.dinov2, 5, .lastFourAndMean), (.dinov2, 6, nil),
    (.dino, 2, .classAndMeanInterleaved), (.dino, 4, .lastFour), (.vit, 1, .pooled),
  ]

  @Test(arguments: kinds)
  func `what a head multiplies shows in its width and the model's family`(
    family: ModelCard.Family, vectors: Int, input: ModelCard.Head.Input?
  ) throws {
    let card = Self.card(family)
    let (body, head) = (
      try Self.body(card), try Self.head(width: vectors * Self.dim, prefix: "module.linear.")
    )
    guard let input else {
      #expect(
        throws: CatalogueError.wrongHead("body", wanted: [4, 8, 16, 20], found: vectors * Self.dim)
      ) { try LinearHead(head).joined(to: body, of: card) }
      return
    }
    let joined = try LinearHead(head).joined(to: body, of: card)
    let found = try ModelCatalogue([card]).recognise(joined, as: "body")
    #expect(found.card.head == ModelCard.Head(classes: 3, input: input))
    #expect(found.unused == [])
    for (name, own) in [("weight", "head.weight"), ("bias", "head.bias")] {
      #expect(try joined.floats(own) == head.floats("module.linear.\(name)"))
    }
    for name in body.tensors.keys { #expect(try joined.floats(name) == body.floats(name)) }
  }

  /// A head's file with what Eyepiece says of it.
  private static func told(_ classes: [String], _ descriptor: String, layer: Int) throws
    -> Checkpoint
  {
    let names = classes.map { #"{\"name\":\"\#($0)\"}"# }.joined(separator: ",")
    let text =
      #"{\"classes\":[\#(names)],\"descriptor\":\"\#(descriptor)\",\"options\":{\"layer\":\"\#(layer)\"}}"#
    let members = [
      #""__metadata__":{"head":"\#(text)"}"#, member("bias", "F32", [2], 0, 8),
      member("weight", "F32", [2, dim], 8, 8 + 8 * dim),
    ]
    return try Checkpoint(
      ByteArray(
        fileBytes(
          header: "{\(members.joined(separator: ","))}",
          data: [UInt8](repeating: 0, count: 8 + 8 * dim))))
  }

  @Test func `a head of Eyepiece tells its classes' names, and is of class tokens alone`() throws {
    let card = Self.card()
    let body = try Self.body(card)
    let head = try LinearHead(Self.told(["a", "b"], "cls", layer: 0))
    #expect(head.names == ["a", "b"])
    _ = try head.joined(to: body, of: card)
    #expect(try LinearHead(Self.head(width: Self.dim)).names == nil)
    #expect(throws: CatalogueError.headOfOtherVectors("descriptor", wanted: "cls", found: "gem")) {
      try LinearHead(Self.told(["a", "b"], "gem", layer: 0)).joined(to: body, of: card)
    }
    #expect(throws: CatalogueError.headOfOtherVectors("layer", wanted: "0", found: "1")) {
      try LinearHead(Self.told(["a", "b"], "cls", layer: 1)).joined(to: body, of: card)
    }
    #expect(throws: CatalogueError.notAHead(tensors: ["bias", "weight"])) {
      try LinearHead(Self.told(["a"], "cls", layer: 0))
    }
  }

  @Test
  func `a model without class token, and one with a decoder, take no head`() throws {
    var (staged, decoding) = (Self.card(), Self.card(.mae))
    staged.classTokens = 0
    decoding.decoder = ModelCard.Decoder(
      dim: 4, depth: 1, heads: 1, hidden: 4, normalisedPixels: true, pixelOrder: .planar,
      maskRatio: 0.6)
    for card in [staged, decoding] {
      #expect(throws: CatalogueError.wrongHead("body", wanted: [], found: Self.dim)) {
        try LinearHead(try Self.head(width: Self.dim)).joined(to: try Self.body(card), of: card)
      }
    }
  }

  static let strangers: [[(name: String, shape: [Int])]] = [
    [("weight", [3, 4])], [("bias", [3])], [("weight", [3, 4]), ("bias", [4])],
    [("weight", [3, 4, 1]), ("bias", [3])], [("a.weight", [3, 4]), ("b.bias", [3])],
    [("weight", [3, 4]), ("bias", [3]), ("mean", [3])], [("aweight", [3, 4]), ("abias", [3])],
  ]

  @Test(arguments: strangers)
  func `a file of anything else is no head`(tensors: [(name: String, shape: [Int])]) throws {
    let checkpoint = try Self.file(tensors, from: 0)
    #expect(throws: CatalogueError.notAHead(tensors: tensors.map { $0.name }.sorted())) {
      try LinearHead(checkpoint)
    }
  }

  /// DINOv2 publishes two tensors, DINO what its training kept.
  @Test(arguments: [
    ("linear_head.pth", ModelCard.Family.dinov2, ModelCard.Head.Input.classAndMean),
    ("linear_weights.pth", .dino, .lastFour),
  ])
  func `heads as they are published are written behind the model`(
    name: String, family: ModelCard.Family, input: ModelCard.Head.Input
  ) throws {
    let folder = TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    let path = packageFolder.appending(path: "Tests/Fixtures/PyTorch/\(name)").path
    let (card, published) = (Self.card(family), try Checkpoint(path: path))
    let joined = try LinearHead(published).joined(to: try Self.body(card), of: card)
    let found = try ModelCatalogue([card]).recognise(joined, fileName: path, as: "body")
    #expect(found.card.head == ModelCard.Head(classes: 3, input: input))
    _ = try ModelImport(joined, found, as: found.card).write(into: folder.path)
    let written = try Checkpoint(path: "\(folder.path)/body.safetensors")
    for (name, tensor) in published.tensors {
      let own = "head.\(name.split(separator: ".").last ?? "")"
      #expect(written.tensors[own]?.shape == tensor.shape)
      #expect(try written.floats(own) == published.floats(name))
    }
    #expect(try written.floats("norm.weight") == joined.floats("norm.weight"))
  }
}
