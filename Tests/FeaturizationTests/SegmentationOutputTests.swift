import Cache
import Featurization
import Files
import Foundation
import ImageCodecs
import Imaging
import Segmentation
import Support
import Testing

@Suite("Segmentation of fields") struct SegmentationOutputTests {
  static let size = Size(width: 84, height: 56)

  /// A dark left half and a bright right one, with noise.
  static let image: Raster = {
    let noise = Raster.noise(size.width, size.height, seed: 5)
    let samples = (0..<size.width * size.height).map { place -> UInt8 in
      let level = noise.level(0, x: place % size.width, y: place / size.width) ?? 0
      return UInt8(level) / 8 + (place % size.width < size.width / 2 ? 40 : 180)
    }
    return Raster(size: size, channels: 1, samples: .uint8(samples))
  }()

  /// Two strokes, of class 3 at the left and 7 at the right.
  static func labels(_ left: UInt8 = 3, _ right: UInt8 = 7) throws -> [UInt8] {
    var ids = [UInt8](repeating: 0, count: size.width * size.height)
    for y in 20..<30 {
      for x in 5..<15 { ids[y * size.width + x] = left }
      for x in 65..<75 { ids[y * size.width + x] = right }
    }
    return try encodePNG(picture(ids))
  }

  static func picture(_ ids: [UInt8]) -> Raster {
    Raster(size: size, channels: 1, samples: .uint8(ids))
  }

  func field(_ stub: StubFeaturizer, _ query: String = "") async throws -> KeptField {
    try await KeptField(stub, Self.image, "stride=7&\(query)")
  }

  func ask(
    _ field: KeptField, _ query: String, _ labels: [UInt8]? = nil
  ) async throws -> Answer {
    try await field.ask(
      query, among: OutputKind.ofClassifiers, posted: labels.map(QueryPayload.init))
  }

  @Test(arguments: ["hybrid", "deep", "classical"], ["logistic", "lda", "ridge", "forest"])
  func `Segmentation: every pixel gets a class, and strokes get their own`(
    features: String, kind: String
  ) async throws {
    let field = try await field(StubFeaturizer())
    let answer = try await ask(
      field, "features=\(features)&kind=\(kind)&format=raw", Self.labels())
    #expect(answer.shape == [56, 84])
    let ids = try await answer.bytes()
    for place in ids.indices {
      let (x, y) = (place % 84, place / 84)
      // Where the strokes are: far from them the largest scales see what no stroke showed.
      guard (20..<30).contains(y), (5..<15).contains(x) || (65..<75).contains(x) else { continue }
      #expect(ids[place] == (x < 42 ? 3 : 7), "at \(x)")
    }
  }

  @Test(arguments: [("lda", 4096), ("ridge", 4704)])
  func `Segmentation: a preview is fitted to a part of many labels`(
    kind: String, rows: Int
  ) async throws {
    let stub = StubFeaturizer()
    let field = try await field(stub)
    let all = (0..<Self.size.width * Self.size.height).map { UInt8($0 % 84 < 42 ? 3 : 7) }
    let id = try #require(
      try await ask(field, "kind=\(kind)", encodePNG(Self.picture(all))).classifier)
    let fit = try stub.services.classifiers.classifier(id).provenance.fit
    #expect(fit.rows == rows && fit.isCapped == (rows < all.count))
    #expect(fit.labelled == ["3": 2352, "7": 2352])
  }

  @Test(arguments: ["probabilities", "uncertainty"])
  func `Segmentation: a ridge's scores are no probabilities`(output: String) async throws {
    let field = try await field(StubFeaturizer())
    await #expect(
      throws: FeaturizationError.segmentation(.noProbabilities(kind: "ridge"))
    ) {
      try await ask(field, "kind=ridge&output=\(output)", Self.labels())
    }
  }

  @Test func `Segmentation: what keeps no labels is refused, and what is left out is told`()
    async throws
  {
    let field = try await field(StubFeaturizer())
    let photograph = try Data(
      contentsOf: packageFolder.appending(path: "Tests/Fixtures/Images/grey.jpg"))
    await #expect(throws: FeaturizationError.payload(.inexactLabels)) {
      try await ask(field, "", Array(photograph))
    }
    let all = (0..<Self.size.width * Self.size.height).map { UInt8($0 % 65 + 1) }
    let many = try encodePNG(Self.picture(all))
    await #expect {
      try await ask(field, "", many)
    } throws: { error in
      guard case FeaturizationError.segmentation(.badClasses(let reason)) = error else {
        return false
      }
      return reason.contains("65 different values")
    }
    let told = try await ask(field, "", Self.labels()).source?.notices
    #expect(told?.contains { $0.contains("255") } == false)
    var ids = try await ask(field, "format=raw", Self.labels()).bytes()
    ids[0] = 255
    let notices = try await ask(field, "", encodePNG(Self.picture(ids))).source?.notices
    #expect(notices?.contains("255 is no class: 1 labelled pixels were left out.") == true)
  }

  @Test func `Segmentation: of labels of several pages the field's page is taken`() async throws {
    let services = StubFeaturizer().services
    let half = (0..<Self.size.width * Self.size.height).map { $0 % Self.size.width < 42 }
    let labels = ForgedStack(
      [(3, 7), (1, 2)].map { pair in
        Self.picture(half.map { $0 ? pair.0 : pair.1 })
      }
    ).bytes
    for (page, expected) in [(0, [3, 7]), (1, [1, 2])] as [(Int, [UInt8])] {
      let request = try parse("stride=7&page=\(page)").field
      let made = try await services.keep(
        .bytes(ForgedStack([Self.image, Self.image]).bytes), request)
      let record = try await services.record(of: made.field.id)
      let query = try KeptField.request(
        "format=raw", among: OutputKind.ofClassifiers, of: record.request)
      let answer = try await services.answer(record, query, posted: QueryPayload(labels))
      #expect(try await Set(answer.bytes()) == Set(expected))
    }
    let third = ForgedStack([Self.image, Self.image, Self.image]).bytes
    let made = try await services.keep(.bytes(third), parse("stride=7&page=2").field)
    let record = try await services.record(of: made.field.id)
    let query = try KeptField.request("", among: OutputKind.ofClassifiers, of: record.request)
    await #expect(
      throws: FeaturizationError.payload(.labels(.noSuchPage(2, pages: 2)))
    ) {
      try await services.answer(record, query, posted: QueryPayload(labels))
    }
  }

  @Test func `Segmentation: probabilities sum to one and agree with labels and uncertainty`()
    async throws
  {
    let field = try await field(StubFeaturizer())
    let labels = try Self.labels()
    let ids = try await ask(field, "format=raw", labels).bytes()
    let chances = try await ArrayFile(ask(field, "output=probabilities", labels).bytes())
    let unsure = try await ArrayFile(
      ask(field, "output=uncertainty&format=npy", labels).bytes())
    #expect(chances.shape == [56, 84, 2])
    #expect(unsure.shape == [56, 84])
    for place in ids.indices {
      let (first, second) = (chances.values[2 * place], chances.values[2 * place + 1])
      #expect(abs(first + second - 1) < 1e-5)
      #expect(ids[place] == (first >= second ? 3 : 7))
      #expect(abs(unsure.values[place] - (1 - abs(first - second))) < 1e-5)
    }
  }

  @Test func `Segmentation: an overlay is half the picture and half the classes' colours`()
    async throws
  {
    let answer = try await ask(field(StubFeaturizer()), "output=overlay", Self.labels())
    let picture = try decode(await answer.bytes(), limits: DecodingLimits())
    #expect(picture.size == Self.size && picture.channels == 3)
    let (left, right) = (LabelClass.unnamed(3).color, LabelClass.unnamed(7).color)
    for (x, color) in [(5, left), (80, right)] {
      let levels = (0..<3).map { Int(picture.level($0, x: x, y: 5) ?? 0) }
      // The grey half is the same for all colours.
      let colours = [Int(color.red), Int(color.green), Int(color.blue)]
      #expect(abs((levels[0] - levels[2]) - (colours[0] - colours[2]) / 2) <= 1)
      #expect(abs((levels[1] - levels[2]) - (colours[1] - colours[2]) / 2) <= 1)
    }
  }

  @Test func `Segmentation: a kept classifier answers for other fields as it did for its own`()
    async throws
  {
    let folder = TemporaryFolder()
    let disk = try DiskStore(at: folder.path, budget: 1 << 26)
    let stub = StubFeaturizer(disk: disk)
    let field = try await field(stub)
    let answer = try await ask(field, "format=raw", Self.labels())
    let id = try #require(answer.classifier)
    let first = try await answer.bytes()
    #expect(try await ask(field, "classifier=\(id)&format=raw").bytes() == first)
    #expect(try await ask(field, "format=raw", Self.labels()).classifier == id)
    // Another server of the same store has it as well.
    let second = StubFeaturizer(disk: disk)
    let turned = Raster(
      size: Self.size, channels: 1, samples: Self.image.upright(from: .halfTurn).samples)
    let other = try await KeptField(second, turned, "stride=7")
    let ids = try await ask(other, "classifier=\(id)&format=raw").bytes()
    #expect(ids[0] == 7 && ids[83] == 3)
    let file = try second.services.classifiers.classifier(id).file
    #expect(try Classifier(file: file).id == id)
    try second.services.classifiers.remove(id)
    await #expect(throws: FeaturizationError.noSuchClassifier(id)) {
      try await ask(other, "classifier=\(id)&format=raw")
    }
  }

  @Test func `Segmentation: a field made otherwise is refused by the options that differ`()
    async throws
  {
    let stub = StubFeaturizer()
    let id = try #require(try await ask(field(stub), "format=raw", Self.labels()).classifier)
    let other = try await field(stub, "flips=none&scale=max")
    await #expect(
      throws: FeaturizationError.otherField([
        OptionDifference(name: "flips", wanted: "both", found: "none"),
        OptionDifference(name: "scale", wanted: "percentile", found: "max"),
      ])
    ) {
      try await ask(other, "classifier=\(id)")
    }
  }

  /// Four strokes of each class.
  private static func manyStrokes() throws -> [UInt8] {
    var ids = [UInt8](repeating: 0, count: size.width * size.height)
    for y in [8, 20, 32, 44] {
      for x in 5..<15 { (ids[y * size.width + x], ids[y * size.width + x + 60]) = (3, 7) }
    }
    return try encodePNG(Raster(size: size, channels: 1, samples: .uint8(ids)))
  }

  @Test func `Segmentation: what auto chooses is told, and equal for equal labels`() async throws {
    let stub = StubFeaturizer()
    let field = try await field(stub, "layer=0,last")
    let labels = try Self.manyStrokes()
    let answer = try await ask(field, "features=auto&format=raw", labels)
    let ids = try await answer.bytes()
    #expect(ids[20 * 84 + 10] == 3 && ids[20 * 84 + 70] == 7)
    let id = try #require(answer.classifier)
    #expect(try await ask(field, "features=auto&format=raw", labels).classifier == id)
    let provenance = try stub.services.classifiers.classifier(id).provenance
    let choice = try #require(provenance.choice)
    #expect(choice.heldOut == "strokes" && choice.tried.count > 8)
    #expect(choice.tried.contains(choice.chosen) && choice.chosen.c == provenance.fit.strength)
    let best = choice.tried.compactMap(\.estimate).max() ?? 0
    #expect((choice.chosen.estimate ?? 0) >= best - 0.05)
    let told = answer.source?.notices.filter { $0.hasPrefix("features=auto took hybrid of layer") }
    #expect(told?.count == 1)
    // Of the field itself nothing of it is told.
    #expect(
      try await field.ask("grid=patch").source?.notices.contains { $0.contains("auto") } == false)
    let single = try await ask(field, "features=auto&format=raw", Self.labels())
    let unheld = try stub.services.classifiers.classifier(try #require(single.classifier))
    #expect(unheld.provenance.choice?.heldOut == "nothing")
    #expect(single.source?.notices.contains { $0.contains("a class has a single stroke") } == true)
  }

  @Test
  func `Segmentation: a classifier of some layers answers for fields that have them and more`()
    async throws
  {
    let stub = StubFeaturizer()
    let labels = try Self.manyStrokes()
    let one = try await field(stub, "layer=1")
    let answer = try await ask(one, "features=deep&format=raw", labels)
    let id = try #require(answer.classifier)
    let expected = try await answer.bytes()
    for layers in ["1,last", "last,0,1", "0,1"] {
      let ids = try await ask(field(stub, "layer=\(layers)"), "classifier=\(id)&format=raw").bytes()
      #expect(zip(ids, expected).count { $0 != $1 } <= expected.count / 100, "\(layers)")
    }
    let two = try await field(stub, "layer=1,last")
    let both = try #require(try await ask(two, "features=deep", labels).classifier)
    let turned = try await ask(field(stub, "layer=last,1"), "classifier=\(both)&format=raw").bytes()
    let straight = try await ask(two, "classifier=\(both)&format=raw").bytes()
    #expect(zip(turned, straight).count { $0 != $1 } <= straight.count / 100)
    await #expect(
      throws: FeaturizationError.otherField([
        OptionDifference(name: "layer", wanted: "1,2", found: "1")
      ])
    ) { try await ask(one, "classifier=\(both)") }
    await #expect(
      throws: FeaturizationError.otherField([
        OptionDifference(name: "layer", wanted: "1", found: "0,2")
      ])
    ) { try await ask(field(stub, "layer=0,last"), "classifier=\(id)") }
  }

  @Test func `Segmentation: labels that are of no use are refused`() async throws {
    let field = try await field(StubFeaturizer())
    await #expect(throws: FeaturizationError.segmentation(.tooFewClasses(labelled: [3]))) {
      try await ask(field, "", Self.labels(3, 3))
    }
    await #expect(throws: FeaturizationError.segmentation(.tooFewClasses(labelled: [3]))) {
      try await ask(field, "", Self.labels(3, 255))
    }
    await #expect(throws: FeaturizationError.segmentation(.tooFewClasses(labelled: []))) {
      try await ask(field, "", Self.labels(0, 0))
    }
    await #expect(throws: FeaturizationError.payload(.shape([3, 5], wanted: "[56, 84]"))) {
      try await ask(field, "", Raster.noise(5, 3, seed: 1).png())
    }
    await #expect(throws: FeaturizationError.payload(.labels(.unrecognised))) {
      try await ask(field, "", [0, 1, 2])
    }
    let deep = Raster(
      size: Self.size, channels: 1,
      samples: .uint16([UInt16](repeating: 256, count: Self.size.width * Self.size.height)))
    await #expect(throws: FeaturizationError.payload(.labelValue(256))) {
      try await ask(field, "", encodePNG(deep))
    }
    await #expect(throws: FeaturizationError.noLabels) { try await ask(field, "") }
    let id = Digest(hex: String(repeating: "0", count: 64))
    await #expect(throws: FeaturizationError.labelsAndClassifier) {
      try await ask(field, "classifier=\(try #require(id))", Self.labels())
    }
  }

  @Test(arguments: [
    "clean=guided", "clean=guided:3", "clean=guided:3,0.01", "c=10", "clean=none",
    "clean=smooth:1.5", "clean=crf", "clean=crf:isb,pydensecrf", "clean=majority",
    "clean=area:5;holes:5", "clean=holes:3=4;majority:1", "clean=fractions:3=0.5,7=0.5",
  ])
  func `Segmentation: options of training and clean-up are taken`(query: String) async throws {
    let field = try await field(StubFeaturizer())
    let ids = try await ask(field, "\(query)&format=raw", Self.labels()).bytes()
    #expect(ids[28 * 84 + 10] == 3 && ids[28 * 84 + 70] == 7)
  }

  @Test(arguments: [
    "clean=guided:0", "clean=guided:65", "clean=guided:3,0", "clean=", "clean=guided;guided",
    "clean=solver:16", "clean=solver:3,16", "clean=solver:257,16", "clean=solver:16,0.5",
    "clean=solver:16,x", "clean=solver:16,16,8", "clean=smooth", "clean=smooth:0",
    "clean=smooth:65", "clean=smooth:nan", "clean=crf:strong",
    "clean=crf:isb,exact", "clean=majority:65", "clean=area", "clean=area:0", "clean=area:0=3",
    "clean=area:3=1,3=2", "clean=fractions:1=0.5", "clean=fractions:1=0.5,2=0.6", "clean=guided;",
    "output=probabilities&clean=majority", "output=uncertainty&clean=area:3",
    "output=overlay&uncertainty=margin", "output=uncertainty&uncertainty=max", "dtype=uint8",
    "output=probabilities&dtype=uint16", "output=overlay&format=geojson", "of=fractions", "c=0",
    "c=-1", "c=nan",
    "kind=svm", "features=all", "kind=lda&c=1", "output=classes",
    "features=auto&c=1", "features=auto&kind=lda",
  ])
  func `Segmentation: other values of its options are refused`(query: String) async throws {
    let field = try await field(StubFeaturizer())
    await #expect(throws: ParameterError.self) { try await ask(field, query, Self.labels()) }
  }

  // MARK: Formats

  @Test
  func `Segmentation: the palette of a PNG has the classes' colours, and its indices the ids`()
    async throws
  {
    let field = try await field(StubFeaturizer())
    let ids = try await ask(field, "format=raw", Self.labels()).bytes()
    let file = try await ask(field, "", Self.labels()).bytes()
    #expect(try indices(file) == ids)
    let colours = try decode(file, limits: DecodingLimits())
    let color = LabelClass.unnamed(3).color
    #expect(ids[0] == 3 && colours.level(0, x: 0, y: 0) == color.red)
    #expect(colours.level(2, x: 0, y: 0) == color.blue)
    // It can be posted again.
    let again = try await ask(field, "format=raw", file).bytes()
    #expect(again.count == ids.count)
  }
}
