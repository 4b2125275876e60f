import Files
import Encoders
import Featurization
import Fields
import Imaging
import LinearAlgebra
import Rendering
import Support
import Testing

/// Parses options written like a query, for the stub's models.
func parse(
  _ query: String, storageType: FieldRequest.StorageType = .float32
) throws(ParameterError) -> FeatureRequest {
  try FeatureRequest(
    pairs(query), cards: StubFeaturizer.cards, defaultModel: "stub14",
    precisions: PrecisionNames { .bfloat16 }, storageType: storageType)
}

@Suite("Request parsing") struct RequestParsingTests {
  /// Each allowed value of a parameter, with its effect on the request.
  ///
  /// Where a query has two parts, the value has no effect without the first.
  static let allowed: [(String, @Sendable (FeatureRequest) -> Bool)] = [
    ("output=features", { $0.kind == .features && $0.format == .npy }),
    ("output=pca", { $0.kind == .pca && $0.format == .png }),
    ("output=attention", { $0.kind == .attention && $0.format == .npy }),
    ("output=cls", { $0.kind == .cls && $0.format == .npy }),
    ("output=foreground", { $0.kind == .foreground && $0.format == .png }),
    ("output=saliency", { $0.kind == .saliency && $0.format == .png && $0.field.flips == .none }),
    (
      "output=boxes&method=lost",
      { ($0.output as? BoxesOutput)?.objects.method == .lost }
    ),
    (
      "output=saliency&tau=0.5&centre=false",
      {
        ($0.output as? SaliencyOutput)?.objects.threshold == 0.5
          && ($0.output as? SaliencyOutput)?.objects.isCentred == false
      }
    ),
    ("output=boxes", { $0.kind == .boxes && $0.format == .json && $0.field.flips == .none }),
    ("model=stub14", { $0.field.model == "stub14" }),
    ("model=stub16", { $0.field.model == "stub16" }),
    ("quality=standard", { $0.field.encodeOptions.stride == 10 }),
    ("quality=draft", { $0.field.encodeOptions.stride == 14 }),
    ("quality=fine", { $0.field.encodeOptions.stride == 5 }),
    ("quality=hrdv2", { $0.field.encodeOptions.stride == 4 && $0.field.shifts == [1, 2] }),
    ("stride=1", { $0.field.encodeOptions.stride == 1 }),
    ("stride=14", { $0.field.encodeOptions.stride == 14 }),
    ("stride=007", { $0.field.encodeOptions.stride == 7 }),
    ("model=stub16&stride=16", { $0.field.encodeOptions.stride == 16 }),
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
    ("page=all", { $0.pages == .all && $0.field.page == 0 }),
    ("page=2-9", { $0.pages == .range(2...9) && $0.field.page == 2 }),
    ("page=7-7", { $0.pages == .range(7...7) && $0.field.page == 7 }),
    ("page=3", { $0.pages == nil && $0.field.page == 3 }),
    ("scale=-1.5..4e3", { $0.field.scale == .line(-1.5, 4000) }),
    ("scale=5..5", { $0.field.scale == .line(5, 5) }),
    ("scale=auto", { $0.field.scale == .percentile }),
    ("scale=none", { $0.field.scale == .none }),
    ("scale=max", { $0.field.scale == .maximum }),
    ("scale=percentile", { $0.field.scale == .percentile }),
    ("scale=-1.5,4e3", { $0.field.scale == .range(-1.5, 4000) }),
    ("resize=1", { $0.field.resize == 1 }),
    ("resize=65535", { $0.field.resize == 65_535 }),
    ("stride=10", { $0.field.resize == nil }),
    ("layer=last", { $0.field.encodeOptions.block == 2 }),
    ("layer=0", { $0.field.encodeOptions.block == 0 }),
    ("layer=2", { $0.field.encodeOptions.block == 2 }),
    ("layer=-1", { $0.field.encodeOptions.block == 2 }),
    ("layer=-3", { $0.field.encodeOptions.block == 0 }),
    ("layer=0,last", { $0.field.encodeOptions.blocks == [0, 2] }),
    ("layer=-1,1,0", { $0.field.encodeOptions.blocks == [2, 1, 0] }),
    ("layer=0,1&components=12", { $0.vectors?.components == 12 }),
    ("facet=token", { $0.field.encodeOptions.facet == .token }),
    ("facet=query", { $0.field.encodeOptions.facet == .query }),
    ("facet=key", { $0.field.encodeOptions.facet == .key }),
    ("facet=value", { $0.field.encodeOptions.facet == .value }),
    ("precision=float32", { $0.field.encodeOptions.precision == .float32 }),
    ("precision=bfloat16", { $0.field.encodeOptions.precision == .bfloat16 }),
    ("precision=int8", { $0.field.encodeOptions.precision == .int8 }),
    ("precision=auto", { $0.field.encodeOptions.precision == .bfloat16 }),
    (
      "output=attention&attention=softmax",
      { ($0.output as? AttentionOutput)?.attention == .softmax }
    ),
    (
      "output=attention&attention=output", { ($0.output as? AttentionOutput)?.attention == .output }
    ),
    ("output=attention&attention=query", { ($0.output as? AttentionOutput)?.attention == .query }),
    ("output=attention&attention=key", { ($0.output as? AttentionOutput)?.attention == .key }),
    ("output=attention&attention=value", { ($0.output as? AttentionOutput)?.attention == .value }),
    ("components=1", { $0.vectors?.components == 1 }),
    ("components=6", { $0.vectors?.components == 6 }),
    (
      "output=features",
      {
        $0.vectors?.components == nil && $0.vectors?.basis == nil
          && $0.vectors?.places.selection == .all
      }
    ),
    ("output=pca&format=npy", { $0.vectors?.components == 3 }),
    ("output=pca&format=npy&components=2", { $0.vectors?.components == 2 }),
    (
      "components=2&basis=\(String(repeating: "0aF9", count: 16))",
      { $0.vectors?.basis?.description == String(repeating: "0af9", count: 16) }
    ),
    ("normalise=none", { $0.vectors?.normalise == Vectors.Normalisation.none }),
    ("normalise=l2", { $0.vectors?.normalise == .l2 }),
    (
      "region=0,0,1,1", { $0.vectors?.places.selection == .region(x: 0, y: 0, width: 1, height: 1) }
    ),
    (
      "region=7,8,9,10",
      { $0.vectors?.places.selection == .region(x: 7, y: 8, width: 9, height: 10) }
    ),
    ("points=3,4", { $0.vectors?.places.selection == .points([.init(x: 3, y: 4)]) }),
    (
      "points=3,4;0,0;3,4",
      {
        $0.vectors?.places.selection
          == .points([.init(x: 3, y: 4), .init(x: 0, y: 0), .init(x: 3, y: 4)])
      }
    ),
    ("image=sha256-\(String(repeating: "5", count: 64))", { $0.kind == .features }),
    ("channel=0", { $0.field.channel == .one(0) }), ("channel=mean", { $0.field.channel == .mean }),
    ("orientation=stored", { $0.field.orientation == .stored }),
    ("orientation=upright", { $0.field.orientation == .upright }),
    ("crop=1,2,20,22", { $0.field.crop == PixelRectangle("1,2,20,22") }),
    ("nodata=-1.5", { $0.field.nodata == .value(-1.5) }),
    ("nodata=nan", { $0.field.nodata == .notFinite }),
    ("tile=1000", { $0.field.tile == .side(1000) }),
    ("grid=pixel", { $0.vectors?.places.grid == .pixel }),
    ("grid=patch", { $0.vectors?.places.grid == .patch }),
    ("dtype=float32", { $0.vectors?.dtype == .float32 }),
    ("dtype=float16", { $0.vectors?.dtype == .float16 }),
    ("format=npy", { $0.format == .npy }),
    ("format=raw", { $0.format == .raw }),
    ("format=npz", { $0.format == .npz }),
    ("format=safetensors", { $0.format == .safetensors }),
    ("format=tiff", { $0.format == .tiff }),
    ("output=pca&format=png", { $0.format == .png }),
    ("output=pca&format=npy", { $0.format == .npy }),
    ("output=attention&format=png", { $0.format == .png }),
    (
      "output=logits",
      {
        $0.kind == .classLogits && $0.format == .json && ($0.output as? ClassLogitsOutput)?.top == 5
      }
    ),
    (
      "output=logits&top=4",
      {
        ($0.output as? ClassLogitsOutput)?.top == 4
          && ($0.output as? ReconstructionOutput)?.seed == nil
      }
    ),
    (
      "output=logits&format=npy",
      { $0.format == .npy && ($0.output as? ClassLogitsOutput)?.top == nil }
    ),
    (
      "output=logits&quality=fine",
      { $0.field.encodeOptions.stride == 14 && $0.field.flips == .none }
    ),
    (
      "output=reconstruction",
      { $0.kind == .reconstruction && ($0.output as? ReconstructionOutput)?.seed == 0 }
    ),
    (
      "output=reconstruction&seed=4294967295",
      { ($0.output as? ReconstructionOutput)?.seed == .max && $0.format == .png }
    ),
    ("debias=16", { $0.vectors?.debias == 16 }),
    ("output=clusters", { $0.clusters?.clusters == 8 && $0.format == .png }),
    ("output=clusters&k=254", { $0.clusters?.clusters == 254 }),
    ("output=clusters&seed=9&k=2", { $0.clusters?.seed == 9 }),
    ("output=clusters&iterations=10000", { $0.clusters?.iterations == 10000 }),
    ("output=clusters&features=hybrid", { $0.clusters?.features == .hybrid }),
    // Of one image it makes no difference to vectors that are not divided by their length.
    ("output=clusters&centre=true", { $0.clusters?.isCentred == false }),
    (
      "output=clusters&centre=true&normalise=l2",
      { $0.clusters?.isCentred == true && $0.format == .png }
    ),
    ("output=clusters&debias=64", { $0.clusters?.debias == 64 }),
    ("output=clusters&merge=ward:3", { $0.clusters?.merge == .ward(3) }),
    ("output=clusters&clean=majority:3", { $0.clusters?.clean.description == "majority:3" }),
    (
      "output=reconstruction&precision=bfloat16",
      { $0.field.encodeOptions == EncodeOptions(stride: 14, block: 2, precision: .float32) }
    ),
  ]

  @Test(arguments: allowed.indices)
  func `Parsing: every allowed value reaches the request`(index: Int) throws {
    let (query, isTaken) = Self.allowed[index]
    #expect(isTaken(try parse(query)), "\(query)")
  }

  @Test func `Parsing: every parameter is tested`() {
    let tested = Self.allowed.flatMap { $0.0.split(separator: "&") }
      .map { String($0.prefix { $0 != "=" }) }
    #expect(Set(tested) == Set(Self.parameters.map(\.rawValue)))
  }

  @Test func `Parsing: every name in the list of allowed values is allowed`() throws {
    // The words for channels are a sentence with commas.
    // Clusters have two of the kinds of features, which their own tests try.
    for parameter in Self.parameters where parameter != .channel && parameter != .features {
      // These models have no upsampler; GuidedTests tests one that has.
      for value in parameter.allowed.split(separator: ", ")
      where value != "jbu" && value.allSatisfy({ $0.isLetter || $0.isNumber }) {
        let context =
          value == "png"
          ? "output=pca&"
          : value == "json"
            ? "output=logits&"
            : parameter == .method
              ? "output=boxes&"
              : parameter == .attention
                ? "output=attention&"
                : Self.ofClusters.contains(parameter)
                  || ["geojson", "coco", "zarr"].contains(value)
                  ? "output=clusters&" : ""
        #expect(throws: Never.self, "\(parameter)=\(value)") {
          try parse("\(context)\(parameter.rawValue)=\(value)")
        }
      }
    }
  }

  /// Values that are invalid for every parameter.
  static let wrongAnywhere = [
    "", " ", "nonsense", "null", "true", "-9", "0x1", "1e0", "1.0", "+1", "１", "٣", "\u{0}", "ä",
    "None ", "BOTH", String(repeating: "9", count: 400), String(repeating: "x", count: 5000),
  ]
  static let wrong: [Parameter: [String]] = [
    .stride: ["0", "15", "14.0", "99999999999", "1,2"],
    .shifts: ["0", "257", "1,1", "1,", ",1", "1,,2", "1, 2", "none,1", "1,2,3,4,5,6,7,8,9", "1;2"],
    .page: [
      "2147483648", "9999999999", "first", "All", "3-2", "-3", "3-", "1-2-3", "0-2147483648", "1,2",
      "1–2",
    ],
    .scale: [
      "1", "1,1", "2,1", "nan,1", "0,nan", "0,inf", "-inf,0", "1,2,3", ",", "1,", " 0,1", "0;1",
      "-3e38,3e38", "2..1", "1..", "..1", "1..nan", "-3e38..3e38", "1..2..3",
    ],
    .format: ["NPY", "jpeg"],
    .grid: ["Pixel", "patches"],
    .layer: [
      "3", "-4", "-0", "--1", "first", "Last", "99999999999", "-99999999999",
      "0,3", "0,0", "2,last", "-1,2", "0,", ",0", "0,,1", "0, 1", "0;1", "0,1,2,-1,-2", "last,last",
    ],
    .facet: ["tokens", "keys"],
    .attention: ["mean", "Softmax"],
    .components: ["0", "7", "1,2", "99999999999"],
    .basis: [String(repeating: "g", count: 64), String(repeating: "0", count: 63)],
    .normalise: ["L2", "l1"],
    .region: [
      "1,2,3", "1,2,3,0", "1,2,0,3", "-1,0,1,1", "0,0,1,1,1", "0,0,1.5,1", "0,0,99999999999,1",
      "0,0,1,", "0;0;1;1", " 0,0,1,1",
    ],
    .points: [
      "1", "1,2;", ";", "1,2,3", "1,2;3", "-1,0", "1, 2", "1,99999999999",
      Array(repeating: "1,1", count: 1001).joined(separator: ";"),
    ],
    .resize: ["0", "65536", "none", "1x1"],
    .image: [
      "sha256-", String(repeating: "0", count: 64), "sha256-\(String(repeating: "g", count: 64))",
    ],
    .output: ["labels", "own-logits", "ownLogits", "probabilities", "similarity"],
    .top: ["0", "5", "1,2", "99999999999"],
    .seed: ["4294967296", "99999999999", "1,2"],
    .model: ["../stub14", "stub14.safetensors", "STUB14"],
  ]

  /// The parameters of requests about an image.
  static let parameters = Parameter.allCases.filter { !ofQueries.contains($0) }

  /// Those that only outputs of kept fields have; their own tests try them.
  static let ofQueries: Set<Parameter> = [
    .x, .y, .classifier, .kind, .c, .uncertainty, .step, .of, .for,
  ]

  /// Of requests about an image, those that clusters alone have.
  static let ofClusters: Set<Parameter> = [.features, .clean, .centre, .k, .iterations, .merge]

  @Test(arguments: parameters)
  func `Parsing: an invalid value is refused by the parameter's name and the value`(
    parameter: Parameter
  ) {
    // The output that has the parameter, where only some do.
    let context: [(name: String, value: String)] =
      switch parameter {
      case .attention: [("output", "attention")]
      case .top: [("output", "logits")]
      case .seed: [("output", "reconstruction")]
      case .method, .tau: [("output", "boxes")]
      case _ where Self.ofClusters.contains(parameter): [("output", "clusters")]
      default: []
      }
    for value in Self.wrongAnywhere + (Self.wrong[parameter] ?? []) {
      if parameter == .nodata, ["-9", "1e0", "1.0"].contains(value) { continue }
      if parameter == .centre, value == "true" { continue }
      if parameter == .tau, value == "1.0" { continue }
      let pairs = context + [(name: parameter.rawValue, value: value)]
      let expected: ParameterError =
        switch parameter {
        case .model: .unknownModel(name: value, known: StubFeaturizer.cards.map(\.name))
        case .output: .invalidOutput(value: value, allowed: OutputKind.ofImages)
        default: .invalid(parameter, value: value)
        }
      #expect(throws: expected, "\(parameter)=\(value)") {
        try FeatureRequest(pairs, cards: StubFeaturizer.cards, defaultModel: "stub14")
      }
    }
  }

  @Test(arguments: parameters)
  func `Parsing: a parameter given twice is refused, also with equal values`(parameter: Parameter)
    throws
  {
    let value = try #require(
      Self.allowed.flatMap { $0.0.split(separator: "&") }
        .first { $0.hasPrefix("\(parameter.rawValue)=") })
    #expect(throws: ParameterError.repeated(parameter)) { try parse("\(value)&\(value)") }
  }

  @Test(arguments: [
    "", "Stride", "stride ", "strides", "quality[]", "é", "../stride", "stride\u{0}",
  ])
  func `Parsing: an unknown parameter is refused by its name`(name: String) {
    #expect(throws: ParameterError.unknown(name: name)) {
      try FeatureRequest(
        [(name, "1")], cards: StubFeaturizer.cards, defaultModel: "stub14")
    }
  }
}
