import Foundation
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("ImportedModel") struct ImportedModelTests {
  static let files = [
    "forest.skops", "extra.skops", "three.json", "three.ubj", "two.json", "two.ubj",
  ]

  static func bytes(of file: String) throws -> [UInt8] {
    try [UInt8](
      Data(contentsOf: packageFolder.appending(path: "Tests/Fixtures/Imports/\(file)")))
  }

  @Test(arguments: files)
  func `ImportedModel: probabilities are those of the program that grew the trees`(file: String)
    throws
  {
    let fixture = try Fixture("Imports/expected.safetensors")
    let shape = try fixture.shape("rows")
    let rows = Matrix(rows: shape[0], columns: shape[1], try fixture.floats("rows"))
    let model = try ImportedModel(file: Self.bytes(of: file))
    #expect(model.dim == 9)
    let trees = try model.trees()
    #expect(
      trees.ids
        == (file.hasSuffix("skops") ? [2, 5, 9] : file.hasPrefix("two") ? [1, 2] : [1, 2, 3]))
    // XGBoost adds in float32.
    let bound = file.hasSuffix("skops") ? 1e-12 : 1e-6
    let expected = try fixture.doubles(file)
    let found = trees.probabilities(of: rows)
    #expect(found.count == expected.count)
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 1
    #expect(worst <= bound, "\(worst)")
  }

  @Test func `ImportedModel: its classes may be named where the file only counts them`() throws {
    let counted = try ImportedModel(file: Self.bytes(of: "three.json"))
    #expect(try counted.trees(ids: [3, 4, 200]).ids == [3, 4, 200])
    for ids: [UInt8] in [[3, 4], [4, 3, 5], [0, 1, 2], [1, 2, 255]] {
      #expect(throws: SegmentationError.self) { try counted.trees(ids: ids) }
    }
    let named = try ImportedModel(file: Self.bytes(of: "forest.skops"))
    #expect(throws: SegmentationError.self) { try named.trees(ids: [1, 2, 3]) }
  }

  @Test(arguments: files, 0..<150)
  func `ImportedModel: damaged bytes are read or refused with the one error`(
    file: String, seed: Int
  ) throws {
    var bytes = try Self.bytes(of: file)
    var chance = SeededNumbers(seed: seed)
    switch seed % 4 {
    case 0: bytes.removeLast(1 + chance.below(bytes.count))
    case 1: bytes[chance.below(bytes.count)] ^= UInt8(1 << chance.below(8))
    case 2: bytes.insert(UInt8(chance.below(256)), at: chance.below(bytes.count))
    default:
      let at = chance.below(bytes.count - 40)
      for place in at..<at + 1 + chance.below(30) { bytes[place] = UInt8(chance.below(256)) }
    }
    do throws(SegmentationError) {
      let trees = try ImportedModel(file: bytes).trees()
      _ = trees.probabilities(
        of: Matrix(rows: 1, columns: trees.dim, .init(repeating: 0, count: trees.dim)))
    } catch {
      if case .tooManyNodes = error { return }
      guard case .malformedImport = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test(arguments: [
    ("", "neither"), ("{}", "XGBoost"), ("PK", "archive"), ("{L", "another byte"),
    (String(repeating: "{i\u{1}a", count: 40), "deeper"),
  ])
  func `ImportedModel: what is no model is refused with words`(text: String, word: String) {
    #expect {
      try ImportedModel(file: Array(text.utf8))
    } throws: { error in
      guard case SegmentationError.malformedImport(let reason) = error else { return false }
      return reason.localizedCaseInsensitiveContains(word)
    }
  }
}
