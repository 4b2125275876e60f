import Encoders
import Featurization
import Fields
import Foundation
import Imaging
import Support
import Testing

@Suite("Presets") struct PresetTests {
  /// The options that a preset stands for.
  struct Meaning: Sendable {
    let quality: String
    let model: String
    let stride: Int
  }

  static let meanings = [
    Meaning(quality: "draft", model: "stub14", stride: 14),
    Meaning(quality: "standard", model: "stub14", stride: 10),
    Meaning(quality: "fine", model: "stub14", stride: 5),
    Meaning(quality: "hrdv2", model: "stub14", stride: 4),
    Meaning(quality: "draft", model: "stub16", stride: 16),
    Meaning(quality: "standard", model: "stub16", stride: 11),
    Meaning(quality: "fine", model: "stub16", stride: 6),
    Meaning(quality: "hrdv2", model: "stub16", stride: 4),
  ]

  @Test(arguments: meanings)
  func `Presets: each has the options that the contract states`(meaning: Meaning) throws {
    let field = try parse("quality=\(meaning.quality)&model=\(meaning.model)").field
    let isReference = meaning.quality == "hrdv2"
    #expect(field.encodeOptions.stride == meaning.stride)
    #expect(field.shifts == (isReference ? [1, 2] : []))
    #expect(field.neighbourhood == .moore)
    #expect(field.flips == (isReference ? .none : .both))
    #expect(field.rotations == .none)
    #expect(field.upsampling == (isReference ? .nearest : .bilinear))
    #expect(field.alignment == (isReference ? .image : .patches))
    #expect(field.fit == (isReference ? .crop : .pad))
  }

  @Test(arguments: ["stub14", "stub16"])
  func `Presets: the default is standard`(model: String) throws {
    #expect(try parse("model=\(model)") == parse("model=\(model)&quality=standard"))
  }

  /// An option, and a preset in which it has an effect.
  static let explicit: [(String, @Sendable (inout FieldRequest) -> Void)] = [
    ("stride=3", { $0.encodeOptions.stride = 3 }),
    ("shifts=3", { $0.shifts = [3] }),
    ("flips=vertical", { $0.flips = .vertical }),
    ("upsample=nearest", { $0.upsampling = .nearest }),
    ("upsample=bilinear", { $0.upsampling = .bilinear }),
    ("alignment=image", { $0.alignment = .image }),
    ("alignment=patches", { $0.alignment = .patches }),
    ("fit=crop", { $0.fit = .crop }),
    ("fit=pad", { $0.fit = .pad }),
    ("fit=frame", { $0.fit = .frame }),
  ]

  @Test(arguments: meanings)
  func `Presets: an explicit option takes precedence, and changes nothing else`(meaning: Meaning)
    throws
  {
    let preset = "quality=\(meaning.quality)&model=\(meaning.model)"
    for (option, change) in Self.explicit {
      var expected = try parse(preset).field
      change(&expected)
      #expect(try parse("\(preset)&\(option)").field == expected, "\(option) after")
      #expect(try parse("\(option)&\(preset)").field == expected, "\(option) before")
    }
  }

  @Test func `FieldRequest: options without effect do not change the request`() throws {
    let same = [
      ("neighbourhood=neumann", ""),
      ("shifts=none&neighbourhood=neumann", ""),
      ("grid=patch&flips=none", "grid=patch"),
      ("grid=patch&shifts=1,2&neighbourhood=neumann", "grid=patch"),
      ("grid=patch&upsample=nearest&alignment=image", "grid=patch"),
      ("grid=patch&rotations=quarter", "grid=patch"),
      ("output=cls&shifts=1&flips=hrdv2&rotations=quarter", "output=cls"),
      ("output=cls&upsample=nearest&alignment=image", "output=cls"),
      ("output=attention&facet=key", "output=attention"),
      ("output=pca&format=npy&components=3", "output=pca&format=npy"),
      ("layer=2", ""),
      ("layer=-1", "layer=last"),
    ]
    for (one, other) in same { #expect(try parse(one) == parse(other), "\(one)") }
  }

  @Test func `FieldRequest: a request survives its own JSON`() throws {
    for (query, _) in RequestParsingTests.allowed {
      let field = try parse(query).field
      let data = try JSONEncoder().encode(field)
      #expect(try JSONDecoder().decode(FieldRequest.self, from: data) == field, "\(query)")
    }
  }
}
