import Encoders
import Featurization
import Foundation
import Imaging
import Support
import Testing

/// The allowed combinations of options, stated independently.
@Suite("Combinations of options") struct RulesTests {
  /// The formats of each output, the default first.
  static let formats: [OutputKind: [String]] = [
    .features: ["npy", "npz", "safetensors", "raw", "tiff"],
    .pca: ["png", "npy", "npz", "safetensors", "raw", "tiff"],
    .attention: ["npy", "npz", "safetensors", "raw", "tiff", "png"],
    .cls: ["npy", "npz", "safetensors", "raw"],
    .foreground: ["png"],
    .saliency: ["png", "npy", "npz", "safetensors", "raw"],
    .boxes: ["json", "geojson"],
    .logits: ["npy", "npz", "safetensors", "raw", "tiff"],
    .probabilities: ["npy", "npz", "safetensors", "raw", "tiff"],
    .labels: ["png", "npy", "npz", "safetensors", "raw"],
    .similarity: ["npy", "npz", "safetensors", "raw", "tiff", "png"],
    .sample: ["npy", "npz", "safetensors", "raw"],
    .classLogits: ["json", "npy", "npz", "safetensors", "raw"],
    .reconstruction: ["png"],
    .picture: ["png"],
    .segmentLabels: [
      "png", "npy", "npz", "safetensors", "raw", "tiff", "geojson", "coco", "zarr",
    ],
    .segmentUncertainty: ["png", "npy", "npz", "safetensors", "raw"],
    .segmentProbabilities: ["npy", "npz", "safetensors", "raw", "tiff"],
    .segmentOverlay: ["png"],
    .suggestions: ["json"],
    .clusters: [
      "png", "npy", "npz", "safetensors", "raw", "tiff", "json", "geojson", "coco", "zarr",
    ],
    .centroids: ["safetensors", "npz"],
    .measurements: ["csv", "json"],
  ]

  /// Options that an output accepts in at least one format.
  static let options: [OutputKind: Set<String>] = [
    .features: ["grid", "components", "normalise", "region", "points", "dtype", "debias"],
    .pca: ["grid", "components", "basis", "normalise", "region", "points", "dtype", "debias"],
    .attention: ["grid", "attention", "normalise", "region", "points", "dtype"],
    .cls: ["normalise", "dtype"],
    .foreground: ["region"],
    .saliency: ["region"],
    .logits: ["grid", "region", "points", "dtype", "debias"],
    .probabilities: ["grid", "region", "points", "dtype", "debias"],
    .labels: ["grid", "region", "points", "debias"],
    .similarity: ["points", "dtype", "debias"],
    .sample: ["grid", "components", "normalise", "dtype", "debias"],
    .classLogits: ["dtype", "top"],
    .reconstruction: ["seed"],
    .segmentLabels: ["debias"],
    .segmentUncertainty: ["debias"],
    .segmentOverlay: ["debias"],
    .segmentProbabilities: ["dtype", "debias"],
    .measurements: ["region"],
    .picture: ["region"],
    .clusters: ["normalise", "seed", "k", "debias"],
    .centroids: ["seed", "k", "debias"],
  ]

  /// An option that only some outputs have, with a value.
  static let particular = [
    "grid": "patch", "attention": "key", "components": "2",
    "basis": String(repeating: "0", count: 64), "normalise": "l2", "region": "0,0,2,2",
    "points": "1,1", "dtype": "float16", "top": "2", "seed": "3", "k": "4", "debias": "16",
  ]

  static let classifier = "classifier=\(String(repeating: "0", count: 64))"

  static let png: Set<String> = ["dtype", "normalise", "components", "points"]

  @Test(arguments: OutputKind.all)
  func `Options: the allowed combinations are exactly those of the contract`(output: OutputKind)
    throws
  {
    let field = try parse("").field
    for format in FeatureRequest.Format.allCases.map(\.rawValue) {
      for (option, value) in Self.particular.map({ ($0.key, $0.value) }) + [("flips", "none")] {
        // A similarity needs a point, suggestions a classifier.
        let needed =
          output == .similarity && option != "points"
          ? "points=1,1&" : output == .suggestions ? "\(Self.classifier)&" : ""
        let query = "\(needed)output=\(output.name)&format=\(format)&\(option)=\(value)"
        let isFormat = Self.formats[output]?.contains(format) ?? false
        let isOption = option == "flips" || Self.options[output]?.contains(option) ?? false
        let isOfAny =
          output == .similarity && option == "points"
          || output == .clusters && option == "normalise"
        let isTogether =
          !(format == "png" && Self.png.contains(option) && !isOfAny)
          && !(format == "tiff" && option == "points" && !isOfAny)
          && (option != (format == "json" ? "dtype" : "top"))
        let expected: ParameterError? =
          if !isFormat {
            FeatureRequest.Format(rawValue: format).map { .noFormat($0, of: output) }
          } else if !isOption {
            Parameter(rawValue: option).map { .conflict($0, .output) }
          } else if !isTogether {
            Parameter(rawValue: option).map { .conflict($0, .format) }
          } else {
            nil
          }
        // Several outputs: otherwise the path determines it.
        let others = OutputKind.all.filter { $0 != output }
        let found = error { () throws(ParameterError) in
          _ = try KeptField.request(query, among: [output] + others, of: field)
        }
        #expect(found == expected, "\(query)")
        guard OutputKind.ofImages.contains(output) else { continue }
        #expect(error { () throws(ParameterError) in _ = try parse(query) } == expected, "\(query)")
      }
    }
  }

  private func error(_ body: () throws(ParameterError) -> Void) -> ParameterError? {
    do { try body() } catch { return error }
    return nil
  }

  @Test(arguments: OutputKind.all)
  func `Format: the default is the first one`(output: OutputKind) throws {
    let needed =
      output == .similarity ? "x=1&y=2" : output == .suggestions ? Self.classifier : ""
    let request = try KeptField.request(needed, among: [output], of: parse("").field)
    #expect(request.kind == output)
    #expect(request.format.rawValue == Self.formats[output]?.first)
    #expect(output.formats.map(\.rawValue) == Self.formats[output])
  }

  @Test(arguments: ["dtype=float16", "normalise=l2", "components=5", "points=1,1"])
  func `Format: with options that a picture cannot show, the default is an array`(option: String)
    throws
  {
    #expect(try parse("output=pca").format == .png)
    #expect(try parse("output=pca&region=0,0,2,2").format == .png)
    #expect(try parse("output=pca&\(option)").format == .npy)
  }

  @Test
  func `Options: a region and points exclude each other, and a basis needs components`() throws {
    for options in ["region=0,0,1,1&points=1,1", "points=1,1&region=0,0,1,1"] {
      #expect(throws: ParameterError.conflict(.points, .region)) { try parse(options) }
    }
    let basis = "basis=\(String(repeating: "0", count: 64))"
    #expect(throws: ParameterError.conflict(.basis, .output)) { try parse(basis) }
    #expect(try parse("\(basis)&components=1").vectors?.basis != nil)
    #expect(try parse("output=pca&\(basis)").vectors?.basis != nil)
  }

  @Test(arguments: ["model=stub14", "quality=draft", "image=sha256-0", "output=features"])
  func `Options: a query to a field cannot set the field's options`(option: String) throws {
    let parameter = try #require(Parameter(rawValue: String(option.prefix { $0 != "=" })))
    #expect(throws: ParameterError.fixed(parameter)) {
      try KeptField.request(option, among: [.features], of: parse("").field)
    }
    guard parameter == .output else { return }
    let both = try KeptField.request(option, among: [.features, .pca], of: parse("").field)
    #expect(both.kind == .features)
    #expect(throws: ParameterError.invalidOutput(value: "cls", allowed: [.features, .pca])) {
      try KeptField.request("output=cls", among: [.features, .pca], of: parse("").field)
    }
  }

  @Test func `Options: the field supplies those that are not given`() throws {
    for (query, _) in RequestParsingTests.allowed {
      let field = try parse(query).field
      guard field.model == "stub14" else { continue }
      #expect(try KeptField.request("", among: [.features], of: field).field == field, "\(query)")
      var other = field
      other.encodeOptions.stride = 2
      let asked = try KeptField.request("stride=2", among: [.features], of: field)
      #expect(asked.field == other, "\(query)")
    }
  }

  @Test func `Field description: its options request the same field`() async throws {
    let stub = StubFeaturizer()
    let image = try Raster.noise(28, 28).png()
    for (query, _) in RequestParsingTests.allowed {
      let request = try parse(query).field
      guard request.page == 0, request.resize.map({ $0 <= 100 }) ?? true else { continue }
      guard request.viewBound <= 20, request.encodeOptions.stride > 3 else { continue }
      let field = try await stub.services.keep(.bytes(image), request).field
      let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(field))
      let options = try #require((json as? [String: Any])?["request"] as? [String: Any])
      let given = options.map { (name: $0.key, value: "\($0.value)") }
      // A preset that differs in every option reveals those that are missing.
      let again = try FeatureRequest(
        given + [("quality", "hrdv2")], cards: StubFeaturizer.cards, defaultModel: "stub16")
      #expect(again.field == request, "\(query): \(options)")
      #expect(given.allSatisfy { Parameter(rawValue: $0.name) != nil })
    }
  }
}
