import Featurization
import Imaging
import Support
import Testing

@Suite("Layers of a kept field") struct LayersOfFieldTests {
  static let image = Raster.noise(40, 31, seed: 3)

  /// What an answer's encodings were found as, since a moment.
  private func levels(_ stub: StubFeaturizer) -> Box<[FieldEvent.CacheLevel]> {
    let levels = Box<[FieldEvent.CacheLevel]>([])
    stub.listener.value = { event in
      if case .found(let level) = event { levels.update { $0.append(level) } }
    }
    return levels
  }

  @Test(arguments: [FieldRequest.StorageType.float32, .float16])
  func `Layers: the last of several is the field of that one, and nothing is encoded`(
    storageType: FieldRequest.StorageType
  ) async throws {
    let stub = StubFeaturizer()
    let options = "stride=9&shifts=1"
    let narrow = try await KeptField(
      StubFeaturizer(), Self.image, "\(options)&layer=last", storageType: storageType)
    for layers in ["0,last", "last,1", "1,last,0"] {
      let wide = try await KeptField(
        stub, Self.image, "\(options)&layer=\(layers)", storageType: storageType)
      let levels = levels(stub)
      for query in ["", "grid=patch", "points=3,4;20,9", "output=cls", "output=attention"] {
        let part = try await wide.array("\(query)&layer=last&format=npy")
        let alone = try await narrow.array("\(query)&format=npy")
        #expect(part.shape == alone.shape && part.payload == alone.payload, "\(layers) \(query)")
      }
      #expect(!levels.value.isEmpty && levels.value.allSatisfy { $0 == .memory }, "\(layers)")
    }
  }

  @Test func `Layers: some of several lie as they are asked for`() async throws {
    let stub = StubFeaturizer()
    let wide = try await KeptField(stub, Self.image, "stride=9&layer=1,last,0")
    let other = try await KeptField(StubFeaturizer(), Self.image, "stride=9&layer=0,last")
    let levels = levels(stub)
    let part = try await wide.array("layer=0,last")
    #expect(part.payload == (try await other.array("")).payload)
    #expect(levels.value == [.memory])
  }

  @Test func `Layers: without the deepest the image is encoded anew`() async throws {
    let stub = StubFeaturizer()
    let wide = try await KeptField(stub, Self.image, "stride=9&layer=0,last")
    let narrow = try await KeptField(StubFeaturizer(), Self.image, "stride=9&layer=0")
    let levels = levels(stub)
    let query = "output=attention&format=npy"
    let part = try await wide.array("\(query)&layer=0")
    #expect(part.payload == (try await narrow.array(query)).payload)
    #expect(levels.value == [.nowhere])
  }
}
