import Foundation
import FoundationXML
import Imaging
import Support
import Testing

/// The program compares small random models over folders of small images.
@Suite("Compare", .timeLimit(.minutes(2))) struct CompareTests {
  private let place = TemporaryFolder()

  /// A folder of weights with models of `Fixtures/Families`.
  private func weights(_ names: [String]) throws -> String {
    let folder = try folder("weights", [:])
    for name in names { try TinyWeights(name).write(to: folder, as: name) }
    return folder
  }

  private func folder(_ name: String, _ files: [String: [UInt8]]) throws -> String {
    let path = "\(place.path)/\(name)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (file, bytes) in files { try Data(bytes).write(to: URL(filePath: "\(path)/\(file)")) }
    return path
  }

  private func noise(_ seed: UInt64) throws -> [UInt8] {
    try Raster.noise(40, 24, seed: seed).png()
  }

  private func compare(_ arguments: String...) throws -> (
    status: Int32, output: String, errors: String
  ) {
    try Program(["compare"] + arguments + ["--threads", "1"]).end()
  }

  /// What the program writes as JSON.
  private struct Row: Decodable {
    struct Spread: Decodable {
      let mean: Double
      let deviation: Double
    }

    let folder: String
    let model: String
    let images: Int
    let patches: Int
    let loss: Spread?
    let dimensions: Double?
    let firstThree: Double?
    let neighbourhood: Double?
    let betweenImages: Double?
    let seconds: Spread
  }

  @Test func `a line, an entry and a bar for each folder and model`() throws {
    let weights = try weights(["mae", "dinov2_registers"])
    let one = try folder("one", ["a.png": noise(1), "b.png": noise(2), "notes.txt": [1, 2]])
    let two = try folder("two", ["c.png": fixture("rgb8.png")])
    let (plot, json) = ("\(place.path)/plot.svg", "\(place.path)/table.json")
    let (status, output, errors) = try compare(
      one, two, "--models", "mae,dinov2_registers", "--weights", weights, "--plot", plot,
      "--json", json)
    #expect(status == 0, "\(errors)")
    #expect(errors == "one: no images, passed over: notes.txt\n")
    let lines = output.split(separator: "\n")
    #expect(lines.count == 5 && Set(lines.map(\.count)).count == 1, "\(output)")
    let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: URL(filePath: json)))
    #expect(rows.map(\.folder) == ["one", "one", "two", "two"])
    #expect(rows.map(\.model) == ["mae", "dinov2_registers", "mae", "dinov2_registers"])
    #expect(rows.map(\.images) == [2, 2, 1, 1])
    for row in rows {
      #expect((row.loss != nil) == (row.model == "mae"))
      #expect(row.loss.map { $0.mean > 0 } ?? true)
      #expect((row.betweenImages != nil) == (row.images > 1))
      let dimensions = try #require(row.dimensions)
      #expect(dimensions >= 1 && dimensions <= 64 && row.seconds.mean > 0)
      let firstThree = try #require(row.firstThree)
      #expect(firstThree <= 1)
    }
    let drawing = try Data(contentsOf: URL(filePath: plot))
    #expect(XMLParser(data: drawing).parse())
    let text = String(decoding: drawing, as: UTF8.self)
    for word in ["mae", "dinov2_registers", "one", "two", "one: 2 images, two: 1 images"] {
      #expect(text.contains(">\(word)</text>"), "\(word)")
    }
  }

  @Test func `a mask's seed changes the loss and nothing else`() throws {
    let weights = try weights(["mae"])
    let images = try folder("images", ["a.png": noise(3)])
    func row(_ seed: String) throws -> Row {
      let json = "\(place.path)/table.json"
      _ = try compare(images, "--weights", weights, "--seed", seed, "--json", json)
      let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: URL(filePath: json)))
      return try #require(rows.first)
    }
    let (first, again, other) = (try row("1"), try row("1"), try row("2"))
    #expect(first.loss?.mean == again.loss?.mean && first.loss?.mean != other.loss?.mean)
    #expect(first.dimensions == other.dimensions && first.neighbourhood == other.neighbourhood)
  }

  @Test func `an unknown model is told with those that are known`() throws {
    let weights = try weights(["mae"])
    let images = try folder("images", ["a.png": noise(1)])
    let (status, output, errors) = try compare(
      images, "--models", "mae,mea", "--weights", weights)
    #expect(status != 0 && output.isEmpty)
    #expect(errors.contains("There is no model mea; there are "), "\(errors)")
    #expect(errors.contains(", mae"), "\(errors)")
  }

  @Test func `a model whose weights are elsewhere is told before any work`() throws {
    let weights = try weights(["mae"])
    let images = try folder("images", ["a.png": noise(1)])
    let (status, _, errors) = try compare(
      images, "--models", "mae,dino_vits8", "--weights", weights)
    #expect(status != 0 && errors.contains("weights of dino_vits8 are not in"), "\(errors)")
  }

  @Test func `an image that no model can take is named for each, and the rest is compared`() throws
  {
    let weights = try weights(["mae", "sam"])
    let whole = try noise(1)
    let images = try folder(
      "images", ["a.png": whole, "cut.png": Array(whole.prefix(whole.count / 2))])
    let (status, output, errors) = try compare(images, "--weights", weights)
    #expect(status == 0, "\(errors)")
    #expect(output.split(separator: "\n").count == 3, "\(output)")
    for model in ["mae", "sam"] {
      #expect(errors.contains("images/cut.png, \(model): "), "\(errors)")
    }
    #expect(!errors.contains("a.png"), "\(errors)")
  }

  @Test func `where nothing could be compared the status says so`() throws {
    let weights = try weights(["mae"])
    let texts = try folder("texts", ["a.png": Array("a, b".utf8), "b.csv": [1]])
    for folder in [texts, "\(place.path)/nowhere"] {
      let (status, output, errors) = try compare(folder, "--weights", weights)
      #expect(status == 1 && output.isEmpty)
      #expect(errors.hasSuffix("nothing could be compared\n"), "\(errors)")
    }
  }
}
