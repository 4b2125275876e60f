import Files
import Featurization
import Foundation
import ImageCodecs
import Imaging
import LinearAlgebra
import Cache
import Support
import Testing

@Suite("Float16 storage", .timeLimit(.minutes(2))) struct StorageTypeTests {
  static let image = Raster.noise(60, 43, seed: 3)

  private func halved(_ values: [Float]) -> [Float] {
    HalfMatrix(nearest: Matrix(rows: 1, columns: values.count, values)).widened().values
  }

  @Test func `Storage type: patches are rounded to the nearest halves`() async throws {
    let stub = StubFeaturizer()
    let whole = try await KeptField(stub, Self.image, "stride=9")
    let half = try await KeptField(stub, Self.image, "stride=9", storageType: .float16)
    #expect(whole.record.name != half.record.name)
    let (exact, kept) = (
      try await whole.array("grid=patch").values, try await half.array("grid=patch").values
    )
    #expect(exact != kept && halved(exact) == kept)
    // Values beside the grids are stored unchanged.
    for query in ["output=cls", "output=attention"] {
      #expect(try await whole.array(query).values == half.array(query).values, "\(query)")
    }
  }

  @Test(arguments: ["", "components=3", "normalise=l2", "points=3,4;50,40", "upsample=nearest"])
  func `Storage type: all outputs differ by the rounding alone`(query: String) async throws {
    let stub = StubFeaturizer()
    let whole = try await KeptField(stub, Self.image, "stride=9&shifts=1")
    let half = try await KeptField(stub, Self.image, "stride=9&shifts=1", storageType: .float16)
    let (exact, kept) = (try await whole.array(query).values, try await half.array(query).values)
    let largest = exact.map(abs).max() ?? 0
    #expect(exact != kept && difference(exact, kept) <= largest / 500)
  }

  @Test
  func `Storage type: memory and disk hold two bytes per number instead of four`() async throws {
    var sizes: [FieldRequest.StorageType: (memory: Int, disk: Int)] = [:]
    var numbers = 0
    for storageType in FieldRequest.StorageType.allCases {
      let folder = TemporaryFolder()
      let disk = try DiskStore(at: folder.path, budget: 1 << 26)
      let stub = StubFeaturizer(memory: 1 << 26, disk: disk)
      let field = try await KeptField(
        stub, Self.image, "stride=4&shifts=1", storageType: storageType)
      let told = try await stub.services.fields.describe(field.record)
      numbers = told.views * told.grid.count * told.dim
      let files = folder.files(with: "encodings")
      let bytes = try files.map { try Data(contentsOf: URL(filePath: $0)).count }
      sizes[storageType] = (stub.services.cachedBytes, bytes.reduce(0, +))
    }
    let (whole, half) = (try #require(sizes[.float32]), try #require(sizes[.float16]))
    #expect(whole.memory - half.memory == 2 * numbers)
    // The file's description has one more member as well.
    #expect(abs(whole.disk - half.disk - 2 * numbers) < 1000)
  }
}
