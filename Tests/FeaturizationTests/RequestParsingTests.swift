import Features
import Featurization
import Fields
import Imaging
import Rendering
import Support
import Testing

/// Reads options written like a query, for the stub's models.
func parse(_ query: String) throws(ParameterError) -> FeatureRequest {
  let pairs = query.split(separator: "&").map { pair in
    let sign = pair.firstIndex(of: "=") ?? pair.endIndex
    return (name: String(pair[..<sign]), value: String(pair[sign...].dropFirst()))
  }
  return try FeatureRequest(pairs, cards: StubFeaturizer.cards, defaultModel: "stub14")
}

@Suite("Request parsing") struct RequestParsingTests {
  /// Each value that a parameter may have, and what is then in the request.
  ///
  /// Where a query has two parts, the value would make no difference without the first.
  static let allowed: [(String, @Sendable (FeatureRequest) -> Bool)] = [
    ("output=features", { $0.output == .features && $0.format == .npy }),
    ("output=pca", { $0.output == .pca && $0.format == .png }),
    ("output=attention", { $0.output == .attention && $0.format == .npy }),
    ("output=cls", { $0.output == .cls && $0.format == .npy }),
    ("model=stub14", { $0.field.model == "stub14" }),
    ("model=stub16", { $0.field.model == "stub16" }),
    ("quality=standard", { $0.field.stride == 10 }),
    ("quality=draft", { $0.field.stride == 14 }),
    ("quality=fine", { $0.field.stride == 5 }),
    ("quality=hrdv2", { $0.field.stride == 4 && $0.field.shifts == [1, 2] }),
    ("stride=1", { $0.field.stride == 1 }),
    ("stride=14", { $0.field.stride == 14 }),
    ("stride=007", { $0.field.stride == 7 }),
    ("model=stub16&stride=16", { $0.field.stride == 16 }),
    ("shifts=none", { $0.field.shifts == [] }),
    ("quality=hrdv2&shifts=none", { $0.field.shifts == [] }),
    ("shifts=1", { $0.field.shifts == [1] }),
    ("shifts=256,1", { $0.field.shifts == [256, 1] }),
    ("shifts=1,2,3,4,5,6,7,8", { $0.field.shifts == Array(1...8) }),
    ("shifts=1&neighbourhood=moore", { $0.field.neighbourhood == .moore }),
    ("shifts=1&neighbourhood=neumann", { $0.field.neighbourhood == .neumann }),
    ("flips=both", { $0.field.flips == .both }),
    ("flips=none", { $0.field.flips == .none }),
    ("flips=horizontal", { $0.field.flips == .horizontal }),
    ("flips=vertical", { $0.field.flips == .vertical }),
    ("flips=hrdv2", { $0.field.flips == .hrdv2 }),
    ("rotations=none", { $0.field.rotations == .none }),
    ("rotations=quarter", { $0.field.rotations == .quarter }),
    ("upsample=bilinear", { $0.field.upsampling == .bilinear }),
    ("upsample=nearest", { $0.field.upsampling == .nearest }),
    ("alignment=patches", { $0.field.alignment == .patches }),
    ("alignment=image", { $0.field.alignment == .image }),
    ("fit=pad", { $0.field.fit == .pad }),
    ("fit=crop", { $0.field.fit == .crop }),
    ("page=0", { $0.field.page == 0 }),
    ("page=2147483647", { $0.field.page == 2_147_483_647 }),
    ("scale=auto", { $0.field.scale == .auto }),
    ("scale=none", { $0.field.scale == .none }),
    ("scale=max", { $0.field.scale == .maximum }),
    ("scale=percentile", { $0.field.scale == .percentile }),
    ("scale=-1.5,4e3", { $0.field.scale == .range(-1.5, 4000) }),
    ("grid=pixel", { $0.field.grid == .pixel }),
    ("grid=patch", { $0.field.grid == .patch }),
    ("dtype=float32", { $0.dtype == .float32 }),
    ("dtype=float16", { $0.dtype == .float16 }),
    ("format=npy", { $0.format == .npy }),
    ("format=raw", { $0.format == .raw }),
    ("output=pca&format=png", { $0.format == .png }),
    ("output=pca&format=npy", { $0.format == .npy }),
    ("output=attention&format=png", { $0.format == .png }),
  ]

  @Test(arguments: allowed.indices)
  func `every value that is allowed arrives`(index: Int) throws {
    let (query, isTaken) = Self.allowed[index]
    #expect(isTaken(try parse(query)), "\(query)")
  }

  @Test func `every parameter is among those tested`() {
    let tested = Self.allowed.flatMap { $0.0.split(separator: "&") }
      .map { String($0.prefix { $0 != "=" }) }
    #expect(Set(tested) == Set(Parameter.allCases.map(\.rawValue)))
  }

  @Test func `every name in the list of what is allowed is allowed`() throws {
    for parameter in Parameter.allCases {
      for value in parameter.allowed.split(separator: ", ")
      where value.allSatisfy({ $0.isLetter || $0.isNumber }) {
        let context = value == "png" ? "output=pca&" : ""
        #expect(throws: Never.self, "\(parameter)=\(value)") {
          try parse("\(context)\(parameter.rawValue)=\(value)")
        }
      }
    }
  }

  /// What is wrong for every parameter.
  static let wrongAnywhere = [
    "", " ", "nonsense", "null", "true", "-1", "0x1", "1e0", "1.0", "+1", "１", "٣", "\u{0}", "ä",
    "None ", "BOTH", String(repeating: "9", count: 400), String(repeating: "x", count: 5000),
  ]
  static let wrong: [Parameter: [String]] = [
    .stride: ["0", "15", "14.0", "99999999999", "1,2"],
    .shifts: ["0", "257", "1,1", "1,", ",1", "1,,2", "1, 2", "none,1", "1,2,3,4,5,6,7,8,9", "1;2"],
    .page: ["2147483648", "9999999999", "first"],
    .scale: [
      "1", "1,1", "2,1", "nan,1", "0,nan", "0,inf", "-inf,0", "1,2,3", ",", "1,", " 0,1", "0;1",
      "-3e38,3e38",
    ],
    .format: ["NPY", "jpeg"],
    .model: ["../stub14", "stub14.safetensors", "STUB14"],
  ]

  @Test(arguments: Parameter.allCases)
  func `a bad value is refused by the parameter's name and the value`(parameter: Parameter) {
    for value in Self.wrongAnywhere + (Self.wrong[parameter] ?? []) {
      let pairs = [(name: parameter.rawValue, value: value)]
      let expected: ParameterError =
        parameter == .model
        ? .unknownModel(name: value, known: StubFeaturizer.cards.map(\.name))
        : .invalid(parameter, value: value)
      #expect(throws: expected, "\(parameter)=\(value)") {
        try FeatureRequest(pairs, cards: StubFeaturizer.cards, defaultModel: "stub14")
      }
    }
  }

  @Test(arguments: Parameter.allCases)
  func `a parameter given twice is refused, with equal values too`(parameter: Parameter) throws {
    let value = try #require(
      Self.allowed.map(\.0).first { $0.hasPrefix("\(parameter.rawValue)=") }
        ?? (parameter == .neighbourhood ? "neighbourhood=moore" : nil))
    #expect(throws: ParameterError.repeated(parameter)) { try parse("\(value)&\(value)") }
  }

  @Test(arguments: [
    "", "Stride", "stride ", "strides", "quality[]", "é", "../stride", "stride\u{0}",
  ])
  func `a name that is no parameter is refused by that name`(name: String) {
    #expect(throws: ParameterError.unknown(name: name)) {
      try FeatureRequest(
        [(name, "1")], cards: StubFeaturizer.cards, defaultModel: "stub14")
    }
  }

  @Test(arguments: [
    "layer", "facet", "attention", "components", "normalise", "region", "points", "resize",
    "precision", "image",
  ])
  func `an option of the contract that is not served yet is refused as such`(name: String) {
    #expect(throws: ParameterError.planned(name: name, value: nil)) { try parse("\(name)=1") }
  }

  @Test(arguments: ["npz", "safetensors", "tiff"])
  func `a format of the contract that is not served yet is refused as such`(format: String) {
    #expect(throws: ParameterError.planned(name: "format", value: format)) {
      try parse("format=\(format)")
    }
  }

  @Test(arguments: [
    ("output=features&format=png", Parameter.format, Parameter.output),
    ("output=cls&format=png", .format, .output),
    ("format=png", .format, .output),
    ("output=pca&dtype=float16", .dtype, .format),
    ("output=pca&format=png&dtype=float32", .dtype, .format),
    ("output=attention&format=png&dtype=float32", .dtype, .format),
  ])
  func `options that exclude each other are refused by both names`(
    query: String, one: Parameter, other: Parameter
  ) {
    #expect(throws: ParameterError.conflict(one, other)) { try parse(query) }
  }
}
