import API
import Featurization
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing
import Yams

/// A YAML document, walked by keys.
private struct Node {
  let value: Any?

  subscript(key: String) -> Node { Node(value: (value as? [String: Any])?[key]) }
  var keys: [String] { (value as? [String: Any])?.keys.sorted() ?? [] }
  var items: [Node] { (value as? [Any] ?? []).map { Node(value: $0) } }
  var text: String? { value as? String }
  var texts: [String] { items.compactMap(\.text) }

  /// All references in the document.
  var references: [String] {
    if let object = value as? [String: Any] {
      return object.flatMap { key, value in
        key == "$ref" ? [value as? String ?? ""] : Node(value: value).references
      }
    }
    return items.flatMap(\.references)
  }

  /// What a local reference names.
  func resolve(_ reference: String) -> Node {
    reference.split(separator: "/").dropFirst().reduce(self) { $0[String($1)] }
  }
}

@Suite("openapi.yaml") struct OpenAPITests {
  private let document: Node

  init() throws {
    let file = packageFolder.appending(path: "openapi.yaml")
    document = Node(value: try Yams.load(yaml: String(contentsOf: file, encoding: .utf8)))
  }

  @Test func `its paths and methods are the server's`() {
    #expect(document["openapi"].text == "3.1.0")
    #expect(document["paths"].keys == Route.allCases.map(\.rawValue).sorted())
    for route in Route.allCases {
      #expect(
        document["paths"][route.rawValue].keys
          == route.methods.map { $0.rawValue.lowercased() }.sorted())
    }
  }

  @Test func `its parameters are the server's, in order, with their values and defaults`() throws {
    let operation = document["paths"]["/features"]["post"]
    let references = operation["parameters"].items.compactMap { $0["$ref"].text }
    #expect(
      references == Parameter.allCases.map { "#/components/parameters/\($0.rawValue)" })
    #expect(
      document["components"]["parameters"].keys == Parameter.allCases.map(\.rawValue).sorted())
    var enumerated: Set<Parameter> = []
    for parameter in Parameter.allCases {
      let entry = document["components"]["parameters"][parameter.rawValue]
      #expect(entry["name"].text == parameter.rawValue)
      #expect(entry["in"].text == "query")
      #expect(entry["description"].text?.isEmpty == false)
      let values = entry["schema"]["enum"].texts
      guard !values.isEmpty else { continue }
      enumerated.insert(parameter)
      #expect(values == parameter.allowed.split(separator: ", ").map(String.init))
    }
    #expect(
      Set(Parameter.allCases).subtracting(enumerated) == [.model, .stride, .shifts, .page, .scale])
  }

  @Test func `its defaults are the server's`() throws {
    let parse = { (options: [(name: String, value: String)]) in
      try FeatureRequest(
        options, cards: [.stub(name: "dinov2_vits14")], defaultModel: "dinov2_vits14")
    }
    var defaults = 0
    for parameter in Parameter.allCases {
      let schema = document["components"]["parameters"][parameter.rawValue]["schema"]
      guard let value = schema["default"].value else { continue }
      defaults += 1
      #expect(
        try parse([(parameter.rawValue, "\(value)")]) == parse([]), "\(parameter)=\(value)")
    }
    #expect(defaults == 9)
  }

  @Test func `its patterns and bounds are the server's`() throws {
    let schema = { (name: String) in document["components"]["parameters"][name]["schema"] }
    #expect(schema("page")["maximum"].value as? Int == Int(Int32.max))
    #expect(schema("page")["minimum"].value as? Int == 0)
    #expect(schema("stride")["minimum"].value as? Int == 1)
    let pattern = try Regex(schema("shifts")["pattern"].text ?? "(")
    for value in ["none", "1", "256", "1,2", "1,2,3,4,5,6,7,8"] {
      #expect(value.wholeMatch(of: pattern) != nil)
    }
    for value in ["", "1,", ",1", "1 ,2", "-1", "1000", "1,2,3,4,5,6,7,8,9", "None"] {
      #expect(value.wholeMatch(of: pattern) == nil)
    }
  }

  @Test func `every reference in it leads somewhere`() {
    #expect(document.references.count > 30)
    for reference in document.references {
      #expect(document.resolve(reference).value != nil, "\(reference)")
    }
  }

  /// Status and kind of every problem in the sources.
  private func problems() throws -> Set<[String]> {
    var all: Set<[String]> = []
    let folder = packageFolder.appending(path: "Sources/API")
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for match in source.matches(of: /(?:Problem|init)\(\s*(\d{3}), "([a-z-]+)"/) {
        all.insert([String(match.1), String(match.2)])
      }
    }
    return all
  }

  @Test func `it lists every kind of problem and every status that there is`() throws {
    let problems = try problems()
    #expect(problems.count > 50)
    let listed = document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"].texts
    #expect(listed == Set(problems.map { "/problems/\($0[1])" }).sorted())
    let statuses = Set(problems.map { $0[0] })
    let responses = Set(document["paths"]["/features"]["post"]["responses"].keys)
    // These two are of no operation: there is none at such a path, or of such a method.
    #expect(statuses.subtracting(["404", "405"]) == responses.subtracting(["200"]))
    for input in BadInput.all {
      #expect(problems.contains(["\(input.status)", input.kind]), "\(input.name)")
    }
  }

  @Test func `its description of an answer is what is answered`() async throws {
    let response = document["paths"]["/features"]["post"]["responses"]["200"]
    let outcome = try await Exchange().post("", BadInput.picture)
    var sent = Set(outcome.fields.map { $0.name.canonicalName })
    sent.remove("content-type")
    #expect(Set(response["headers"].keys.map { $0.lowercased() }) == sent)
    let types = ["npy", "raw", "png"].compactMap(FeatureRequest.Format.init).map(\.mediaType)
    #expect(Set(response["content"].keys) == Set(types))
  }

  @Test func `its schemas have the members that are sent`() async throws {
    let schemas = document["components"]["schemas"]
    let models = try await Exchange().send(.get, "/models")
    let sent = Node(value: try JSONSerialization.jsonObject(with: Data(models.body)))
    let keys = Set(sent["models"].items.flatMap(\.keys))
    #expect(Set(schemas["Model"]["required"].texts) == keys)
    #expect(Set(schemas["Model"]["properties"].keys) == keys.union(["sha256"]))

    let refused = try await Exchange().post("stride=1&flips=none", Raster.noise(500, 500).png())
    let problem = Node(value: try JSONSerialization.jsonObject(with: Data(refused.body)))
    #expect(problem["limit"].value != nil)
    #expect(schemas["Problem"]["properties"].keys == problem.keys)
    #expect(
      Set(schemas["Problem"]["required"].texts)
        == Set(problem.keys).subtracting(["limit", "setting"]))
  }
}
