import API
import Featurization
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("openapi.yaml") struct OpenAPITests {
  private let document = Contract.shared.document
  private let image = BadInput.picture

  /// Options of resources, which are none of fields or outputs.
  private static let own = ["views", "wait"]

  /// Options of jobs and batches alone.
  private static func ofJobs(_ route: Resource) -> [String] {
    let isOfJobs = route.path.hasPrefix("/jobs") || route.path.hasPrefix("/batches")
    return isOfJobs ? ["state", "batch", "name", "limit", "after", "invalid", "format"] : []
  }

  @Test func `OpenAPI: paths and methods are the server's`() {
    #expect(document["openapi"].text == "3.1.0")
    #expect(document["paths"].keys == Resource.all.map(\.path).sorted())
    for route in Resource.all {
      #expect(
        document["paths"][route.path].keys
          == route.methods.map { $0.rawValue.lowercased() }.sorted())
    }
  }

  @Test func `OpenAPI: parameters are the server's, with their values`() throws {
    let parameters = document["components"]["parameters"]
    let others = ["id", "imageName", "pageFile", "job", "batch", "longWait"] + Self.own
    #expect(parameters.keys == (Parameter.allCases.map(\.rawValue) + others).sorted())
    var enumerated: Set<Parameter> = []
    for parameter in Parameter.allCases {
      let entry = parameters[parameter.rawValue]
      #expect(entry["name"].text == parameter.rawValue)
      #expect(entry["in"].text == "query")
      #expect(entry["description"].text?.isEmpty == false)
      let values = entry["schema"]["enum"].texts
      guard !values.isEmpty else { continue }
      enumerated.insert(parameter)
      #expect(
        values == parameter.allowed.split(separator: ", ").map { String($0.prefix { $0 != " " }) })
    }
    #expect(
      Set(Parameter.allCases).subtracting(enumerated) == [
        .model, .stride, .shifts, .page, .channel, .crop, .nodata, .scale, .tile, .classifier, .c,
        .clean, .for, .resize, .layer,
        .components, .basis, .region,
        .points, .top, .seed, .image, .x, .y, .k, .iterations, .merge, .debias, .tau, .step,
      ])
  }

  /// A resource's parameters in the query, in the document's order.
  private func listed(_ route: Resource) -> [Node] {
    let method = route.methods[0] == .get ? "get" : "post"
    return document["paths"][route.path][method]["parameters"].items
      .map { $0["$ref"].text.map(document.resolve) ?? $0 }.filter { $0["in"].text == "query" }
  }

  /// A valid value of an option.
  private func value(of parameter: Parameter) -> String {
    let entry = document["components"]["parameters"][parameter.rawValue]
    switch parameter {
    case .model: return "stub14"
    case .basis, .classifier, .for: return BadInput.zeros
    case .image: return "sha256-\(BadInput.zeros)"
    case .stride: return "7"
    // Of clusters too.
    case .features: return "hybrid"
    // Of masks too.
    case .method: return "lost"
    default:
      return (entry["schema"]["enum"].texts.last ?? entry["example"].value.map { "\($0)" })
        ?? entry["schema"]["default"].value.map { "\($0)" } ?? ""
    }
  }

  /// Whether a resource accepts an option, for some output and format.
  private func takes(
    _ route: Resource, _ name: String, _ value: String, _ exchange: StubService, _ field: String
  ) async throws -> Bool {
    let outputs =
      route == .features
      ? OutputKind.ofImages : route.outputs.count > 1 ? route.outputs : []
    var path = route.path(field: field)
    // A similarity needs one point, or the option that is tried.
    switch name {
    case "points": path = path.replacing("?x=1&y=2", with: "")
    case "classifier": path = path.replacing("?classifier=\(BadInput.zeros)", with: "")
    case "x": path = path.replacing("x=1&", with: "")
    case "y": path = path.replacing("&y=2", with: "")
    default: break
    }
    let body: [UInt8] =
      switch route {
      case .fieldSample: npy(points: [[1, 2]])
      case .fieldProject: npy(floats: Array(repeating: 1, count: 6), [1, 6])
      case .features, .fields: name == "image" ? [] : image
      default: []
      }
    for output in outputs.map({ "&output=\($0.name)" }) + [""] {
      for format in ["", "&format=npy"] {
        let more = name == "basis" && route != .fields ? "&components=2" : ""
        let query = "\(name)=\(value)\(output)\(format)\(more)"
        let outcome = try await exchange.send(
          route.methods[0], path + (path.contains("?") ? "&" : "?") + query, body)
        if outcome.status != 400 { return true }
      }
    }
    return false
  }

  @Test(arguments: Resource.all)
  func `OpenAPI: a resource's parameters are those that it accepts, in order`(route: Resource)
    async throws
  {
    let exchange = StubService()
    let field = try await exchange.field(image)
    var taken: [String] = []
    let asks = route == .features || route == .fields || !route.outputs.isEmpty
    for parameter in Parameter.allCases where asks {
      let value = value(of: parameter)
      let outputs = route.outputs
      // Every output and every format is tried below.
      if parameter == .output, outputs.count > 1 || route == .features {
        taken.append("output")
      } else if parameter == .format, route != .fields {
        taken.append("format")
      } else if try await takes(route, parameter.rawValue, value, exchange, field) {
        taken.append(parameter.rawValue)
      }
    }
    let listed = listed(route).compactMap { $0["name"].text }
    let own =
      route == .fieldLabels
      ? ["format"]
      : route == .search
        ? ["field", "descriptor", "top"] : Self.own + Self.ofJobs(route)
    #expect(listed.filter { !own.contains($0) } == taken)
  }

  @Test(arguments: Resource.all.filter { $0 == .features || !$0.outputs.isEmpty })
  func `OpenAPI: a resource's outputs and formats are those that it has`(route: Resource)
    async throws
  {
    let exchange = StubService()
    let field = try await exchange.field(image)
    let find = { (name: String) in listed(route).first { $0["name"].text == name } }
    let format = try #require(find("format"))["schema"]
    let outputs = route == .features ? OutputKind.ofImages : route.outputs
    if let output = find("output")?["schema"] {
      #expect(output["enum"].texts == outputs.map(\.name))
      #expect(output["default"].text == outputs[0].name)
    }
    var had: [String] = []
    for format in FeatureRequest.Format.allCases.map(\.rawValue)
    where try await takes(route, "format", format, exchange, field) {
      had.append(format)
    }
    #expect(format["enum"].texts == had)
    if outputs.count == 1 { #expect(format["default"].text == outputs[0].formats[0].rawValue) }
    let method = route.methods[0].rawValue.lowercased()
    let types = document["paths"][route.path][method]["responses"]["200"]["content"].keys
    #expect(
      types == Set(had.compactMap { FeatureRequest.Format(rawValue: $0)?.mediaType }).sorted())
  }

  @Test func `OpenAPI: defaults are the server's`() throws {
    let parse = { (options: [(name: String, value: String)]) in
      try FeatureRequest(
        options, cards: [.stub(name: "dinov2_vits14")], defaultModel: "dinov2_vits14")
    }
    var defaults = 0
    for parameter in Parameter.allCases {
      let schema = document["components"]["parameters"][parameter.rawValue]["schema"]
      guard let value = schema["default"].value else { continue }
      defaults += 1
      let base =
        switch parameter {
        case .attention: [(name: "output", value: "attention")]
        case .method, .tau: [(name: "output", value: "saliency")]
        default: [(name: String, value: String)]()
        }
      #expect(
        try parse(base + [(parameter.rawValue, "\(value)")]) == parse(base),
        "\(parameter)=\(value)")
    }
    #expect(defaults == 18)
  }

  @Test func `OpenAPI: patterns and bounds are the server's`() throws {
    let schema = { (name: String) in document["components"]["parameters"][name]["schema"] }
    #expect(schema("stride")["minimum"].value as? Int == 1)
    #expect(schema("resize")["minimum"].value as? Int == 1)
    #expect(schema("resize")["maximum"].value as? Int == 65_535)
    #expect(schema("components")["minimum"].value as? Int == 1)
    let names = try [
      ("basis", BadInput.zeros), ("image", "sha256-\(BadInput.zeros)"), ("points", "1,2;3,4"),
      ("region", "1,2,3,4"), ("layer", "last"), ("layer", "-1"), ("page", "all"), ("page", "2-9"),
      ("page", "2147483647"),
    ].map { (try Regex(schema($0)["pattern"].text ?? "("), $1) }
    for (pattern, value) in names {
      #expect(value.wholeMatch(of: pattern) != nil)
      for other in ["", value + "x", "x" + value, String(value.dropLast()) + ","] {
        #expect(other.wholeMatch(of: pattern) == nil, "\(other)")
      }
    }
    let pattern = try Regex(schema("shifts")["pattern"].text ?? "(")
    for value in ["none", "1", "256", "1,2", "1,2,3,4,5,6,7,8"] {
      #expect(value.wholeMatch(of: pattern) != nil)
    }
    for value in ["", "1,", ",1", "1 ,2", "-1", "1000", "1,2,3,4,5,6,7,8,9", "None"] {
      #expect(value.wholeMatch(of: pattern) == nil)
    }
  }

  @Test func `OpenAPI: every reference has a target`() {
    #expect(document.references.count > 30)
    for reference in document.references {
      #expect(document.resolve(reference).value != nil, "\(reference)")
    }
  }

  /// Status and kind of every problem in the sources.
  private func problems() throws -> Set<[String]> {
    // Their kinds are made from the model's missing ability.
    var all = Set(Ability.allCases.map { ["422", "no-\($0.rawValue)"] })
    let folder = packageFolder.appending(path: "Sources/API")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    for file in files where file.hasSuffix(".swift") {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for match in source.matches(of: /(?:Problem|init)\(\s*(\d{3}), "([a-z-]+)"/) {
        all.insert([String(match.1), String(match.2)])
      }
    }
    return all
  }

  @Test func `OpenAPI: every kind of problem and every status is listed`() throws {
    let problems = try problems()
    #expect(problems.count > 50)
    let listed = document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"].texts
    #expect(listed == Set(problems.map { "/problems/\($0[1])" }).sorted())
    let statuses = Set(problems.map { $0[0] })
    let operations = document["paths"].keys.flatMap { path in
      document["paths"][path].keys.map { document["paths"][path][$0] }
    }
    let responses = Set(operations.flatMap { $0["responses"].keys })
    // No operation has these: no resource has such a method.
    #expect(
      statuses.subtracting(["405"])
        == responses.subtracting(["200", "201", "202", "204", "206", "303", "304"]))
    for operation in operations {
      // Problems that precede the routing of a request.
      let isOpen = operation["security"].value != nil && operation["security"].items.isEmpty
      let early = isOpen ? Self.early.subtracting(["401"]) : Self.early
      #expect(operation["responses"].keys.filter { Self.early.contains($0) } == early.sorted())
    }
    for (status, kind) in BadInput.all.map({ ($0.status, $0.kind) })
      + BadQuestion.all.map({ ($0.status, $0.kind) })
    {
      #expect(problems.contains(["\(status)", kind]), "\(kind)")
    }
  }

  static let early: Set<String> = [
    "400", "401", "408", "413", "414", "417", "429", "431", "500", "501", "503", "505",
  ]

  @Test func `OpenAPI: the fields of answers are those described`() async throws {
    let response = document["paths"]["/features"]["post"]["responses"]["200"]
    let outcome = try await StubService().post("", BadInput.picture)
    var sent = Set(outcome.fields.map { $0.name.canonicalName })
    sent.subtract(["content-type", "cache-control", "x-request-id"])
    #expect(sent.count == 9)
    // A reconstruction has the first, a picture of which something was left out the second, and the
    // answer of a trained classifier the third.
    sent.formUnion(["eyepiece-loss", "eyepiece-notice", "eyepiece-classifier"])
    #expect(Set(response["headers"].keys.map { $0.lowercased() }) == sent)
  }

  @Test(arguments: ["/models", "/openapi.yaml"])
  func `OpenAPI: the documents in answers are those described`(path: String) async throws {
    let responses = document["paths"][path]["get"]["responses"]
    #expect(
      Set(responses.keys) == Self.early.union(["200", "206", "304", "412", "416"]))
    let exchange = StubService()
    let tag = try #require(try await exchange.send(.get, path).fields[.eTag])
    for (status, fields) in [
      (200, [:]), (206, [.range: "bytes=0-0"]), (304, [.ifNoneMatch: tag]),
      (412, [.ifMatch: "\"other\""]), (416, [.range: "bytes=1000000-"]),
    ] as [(Int, HTTPFields)] {
      let outcome = try await exchange.send(.get, path, fields: fields)
      #expect(outcome.status == status)
      let described = responses["\(status)"]
      let response = described["$ref"].text.map(document.resolve) ?? described
      let sent = Set(outcome.fields.map { $0.name.canonicalName })
      let listed = Set(response["headers"].keys.map { $0.lowercased() })
      // Fields of every answer are described once, for all.
      #expect(
        sent.subtracting(["content-type", "cache-control", "x-request-id"]) == listed,
        "\(path) \(status)")
    }
  }

  @Test func `OpenAPI: schemas have the members that are sent`() async throws {
    let schemas = document["components"]["schemas"]
    let models = try await StubService().send(.get, "/models")
    let sent = Node(value: try JSONSerialization.jsonObject(with: Data(models.body)))
    let keys = Set(sent["models"].items.flatMap(\.keys))
    let some: Set = ["sha256", "windows", "hierarchy", "head", "decoder", "upsampler"]
    #expect(Set(schemas["Model"]["required"].texts) == keys.subtracting(some))
    #expect(Set(schemas["Model"]["properties"].keys) == keys.union(some))

    let exchange = StubService()
    let field = try await exchange.send(
      .post, "/fields?resize=24&shifts=1&channel=0&crop=0,0,20,20&nodata=-1&tile=1000", image)
    let kept = try await exchange.send(.post, "/images", image)
    for (name, outcome) in [("Field", field), ("Image", kept)] {
      let sent = Node(value: try JSONSerialization.jsonObject(with: Data(outcome.body)))
      #expect(schemas[name]["properties"].keys == sent.keys)
      #expect(schemas[name]["required"].texts.sorted() == sent.keys)
      guard name == "Field" else { continue }
      let request = sent["request"]
      #expect(schemas["FieldRequest"]["properties"].keys == request.keys)
      #expect(
        Set(schemas["FieldRequest"]["required"].texts)
          == Set(request.keys).subtracting(["resize", "channel", "crop", "nodata", "tile"]))
      let encodeOptions = schemas["FieldRequest"]["properties"]["pass"]
      #expect(encodeOptions["properties"].keys == request["pass"].keys)
    }

    let refused = try await StubService().post("stride=1&flips=none", Raster.noise(500, 500).png())
    let problem = Node(value: try JSONSerialization.jsonObject(with: Data(refused.body)))
    #expect(problem["limit"].value != nil)
    #expect(schemas["Problem"]["properties"].keys == problem.keys)
    #expect(
      Set(schemas["Problem"]["required"].texts)
        == Set(problem.keys).subtracting(["limit", "setting"]))
  }
}
