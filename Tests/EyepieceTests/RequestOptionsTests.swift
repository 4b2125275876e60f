import ArgumentParser
import Eyepiece
import Featurization
import Testing

@Suite("Options on the command line") struct RequestOptionsTests {
  /// Those that name what a server keeps, or are of what it keeps alone.
  static let servers: Set<Parameter> = [
    .basis, .image, .x, .y, .classifier, .kind, .c, .uncertainty, .step, .of, .for,
  ]

  @Test(arguments: Parameter.allCases.filter { !servers.contains($0) })
  func `every parameter of a request is a flag of the same name`(parameter: Parameter) throws {
    let options = try RequestOptions.parse(["--\(parameter.rawValue)", "value"])
    #expect(options.given.count == 1)
    #expect(options.given.first?.name == parameter.rawValue)
    #expect(options.given.first?.value == "value")
  }

  @Test(arguments: servers.map(\.rawValue) + ["nonsense", "x"])
  func `no flag but those is known`(name: String) {
    #expect(throws: (any Error).self) { try RequestOptions.parse(["--\(name)", "3"]) }
  }
}
