import ArgumentParser
import Eyepiece
import Featurization
import Testing

@Suite("Options on the command line") struct RequestOptionsTests {
  @Test(arguments: Parameter.allCases)
  func `every parameter of a request is a flag of the same name`(parameter: Parameter) throws {
    let options = try RequestOptions.parse(["--\(parameter.rawValue)", "value"])
    #expect(options.given.count == 1)
    #expect(options.given.first?.name == parameter.rawValue)
    #expect(options.given.first?.value == "value")
  }

  @Test func `no flag but those is known`() {
    #expect(throws: (any Error).self) { try RequestOptions.parse(["--layer", "3"]) }
  }
}
