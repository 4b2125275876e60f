import Files
import Foundation
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Classifier's file") struct ClassifierFileTests {
  @Test(arguments: featureSets, [2, 3])
  func `ClassifierFile: what is written is read, and gives equal scores`(
    set: FeatureSet, classes: Int
  ) throws {
    let scene = Scene(seed: 4, classes: classes)
    let classifier = try scene.classifier(set)
    let bytes = classifier.file
    let read = try Classifier(file: bytes)
    #expect(read.file == bytes && read.id == classifier.id)
    #expect(read.classes.map(\.id) == [1, 2, 5, 9])
    #expect(read.provenance == classifier.provenance)
    let deep = [scene.field, scene.second]
    #expect(
      try read.scores(deep: deep, grey: scene.grey).planes.values
        == classifier.scores(deep: deep, grey: scene.grey).planes.values)
    #expect(try scene.classifier(set).file == bytes)
  }

  /// A solver that treats both alike rounds them apart, and a shift moves one alone.
  @Test(arguments: LinearModel.Kind.allCases)
  func `ClassifierFile: two classes whose numbers are no negatives of each other are read`(
    kind: LinearModel.Kind
  ) throws {
    let model = LinearModel(
      kind: kind, ids: [2, 5], dim: 3, coefficients: [0.1, 0.2, -0.7, 0.3, 1e-9, 0.7],
      intercepts: [0.1, 0.7])
    #expect(model.coefficients[1] == -model.coefficients[4] && model.intercepts == [-0.3, 0.3])
    let sample = try Scene(seed: 4, classes: 2).classifier(.deep)
    let classifier = Classifier(
      classes: sample.classes, features: .deep, deepDim: 3,
      standardisation: sample.standardisation, model: .linear(model),
      provenance: sample.provenance)
    #expect(try Classifier(file: classifier.file).file == classifier.file)
  }

  @Test func `ClassifierFile: names and times are no part of the identity, options are`() throws {
    let one = try Scene(seed: 4).classifier(.hybrid(.scales42))
    func changed(_ classes: [LabelClass], _ change: (inout Provenance) -> Void) -> Classifier {
      var provenance = one.provenance
      change(&provenance)
      return Classifier(
        classes: classes, features: one.features, deepDim: one.deepDim,
        standardisation: one.standardisation, model: one.model, provenance: provenance)
    }
    let renamed = one.classes.map {
      LabelClass(id: $0.id, name: "phase \"\($0.id)\"", color: LabelClass.palette[3])
    }
    #expect(changed(renamed) { $0.created = "later" }.id == one.id)
    #expect(changed(renamed) { _ in }.file != one.file)
    #expect(changed(one.classes) { $0.options["scale"] = "none" }.id != one.id)
    #expect(try Classifier(file: changed(renamed) { _ in }.file).classes == renamed)
  }

  @Test func `ClassifierFile: a forest is read as it was written`() throws {
    for set in [FeatureSet.deep, .hybrid(.scales42)] {
      let classifier = try Scene(seed: 4).forest(set)
      let read = try Classifier(file: classifier.file)
      #expect(read.model == classifier.model && read.id == classifier.id)
      #expect(read.file == classifier.file)
    }
  }

  @Test(arguments: 0..<300)
  func `ClassifierFile: damaged bytes are refused with the one error`(seed: Int) throws {
    var bytes = try Scene(seed: 4).classifier(.hybrid(.scales42)).file
    var chance = SeededNumbers(seed: seed)
    switch seed % 4 {
    case 0: bytes.removeLast(1 + chance.below(bytes.count))
    case 1: bytes[chance.below(bytes.count)] ^= UInt8(1 << chance.below(8))
    case 2: bytes.insert(UInt8(chance.below(256)), at: chance.below(bytes.count))
    default:
      let at = chance.below(min(bytes.count - 40, 3000))
      for place in at..<at + 1 + chance.below(30) { bytes[place] = UInt8(chance.below(256)) }
    }
    #expect(throws: SegmentationError.self) { try Classifier(file: bytes).classes }
  }

  @Test func `ClassifierFile: a number that is none is refused`() throws {
    let classifier = try Scene(seed: 4).classifier(.deep)
    let first = try #require(classifier.model.linear).published.coefficients[0]
    let bytes = classifier.file
    let pattern = [UInt8](littleEndian: [first])
    let place = try #require(
      (0..<bytes.count - 8).first { Array(bytes[$0..<$0 + 8]) == pattern })
    for value in [Double.nan, .infinity, 1e31] {
      var damaged = bytes
      damaged.replaceSubrange(place..<place + 8, with: [UInt8](littleEndian: [value]))
      #expect(
        throws: SegmentationError.malformedFile(
          reason: "coef holds what is no number, or one beyond 1e30")
      ) { try Classifier(file: damaged) }
    }
  }

  @Test func `LabelClass: classes that contradict each other are refused`() {
    let color = LabelClass.palette[0]
    let bad: [[LabelClass]] = [
      [.unnamed(1), .unnamed(1)], [.unnamed(0)], [.unnamed(255)],
      [LabelClass(id: 1, name: "", color: color)], [LabelClass(id: 1, name: "a\nb", color: color)],
      [LabelClass(id: 1, name: String(repeating: "x", count: 201), color: color)],
    ]
    for classes in bad {
      #expect(throws: SegmentationError.self) { try LabelClass.check(classes) }
    }
    #expect(throws: Never.self) { try LabelClass.check([.unnamed(254), .unnamed(1)]) }
    #expect(LabelClass.Color("#00a0ff")?.description == "#00a0ff")
    for text in ["00a0ff", "#00a0f", "#00a0fg", "#+0a0ff", "#00a0ff0"] {
      #expect(LabelClass.Color(text) == nil)
    }
  }

  @Test func `Provenance: differences are told option by option`() {
    var provenance = Provenance()
    provenance.options = ["a": "1", "b": "2"]
    let found = provenance.differences(from: ["b": "3", "c": "4"])
    #expect(found.map(\.name) == ["a", "b", "c"])
    #expect(found.map(\.classifier) == ["1", "2", nil] && found.map(\.field) == [nil, "3", "4"])
  }
}
