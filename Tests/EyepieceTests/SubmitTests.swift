import Foundation
import Imaging
import Support
import Testing

/// The program as a client of itself, with a small random model.
@Suite("Submit", .timeLimit(.minutes(3))) struct SubmitTests {
  private let place = TemporaryFolder()

  private static let hasCurl: Bool = {
    let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")
    if !isThere { print("SKIPPED: Submit, there is no /usr/bin/curl") }
    return isThere
  }()

  private func path(_ name: String) -> String { "\(place.path)/\(name)" }

  /// Weights, and three images, one of which is none.
  private func prepare() throws -> [String] {
    let files = FileManager.default
    try files.createDirectory(atPath: path("weights"), withIntermediateDirectories: true)
    try TinyWeights("dinov2_registers").write(to: path("weights"), as: "tiny")
    var images: [String] = []
    for number in 1...2 {
      images.append(path("scan\(number).png"))
      try Data(Raster.noise(60, 40, seed: UInt64(number)).png()).write(
        to: URL(filePath: images[number - 1]))
    }
    images.append(path("bad.png"))
    try Data("no picture".utf8).write(to: URL(filePath: images[2]))
    return images
  }

  private func serve() throws -> (server: Program, port: Int) {
    let server = try Program([
      "serve", "--port", "0", "--weights", path("weights"), "--model", "tiny", "--store",
      path("store"),
    ])
    return (server, try #require(server.port(), "\(server.errors)"))
  }

  @Test(.enabled(if: hasCurl))
  func `Submit: a folder gets what eyepiece run makes, also from a server that was killed`() throws
  {
    let images = try prepare()
    let query = ["--output", "pca", "--quality", "draft"]
    let (first, port) = try serve()
    let submit = { (port: Int, into: String) in
      try Program(["submit"] + images + ["--to", "localhost:\(port)", "-o", path(into)] + query)
        .end()
    }
    let made = try submit(port, "out")
    #expect(made.status == 1 && made.errors.contains("bad.png"), "\(made.errors)")
    #expect(made.errors.contains("1 of 3 failed"))
    kill(first.process.processIdentifier, SIGKILL)
    first.process.waitUntilExit()
    let (second, other) = try serve()
    defer { second.process.terminate() }
    // All is known there still: nothing is computed again.
    let again = try submit(other, "again")
    #expect(again.status == 1, "\(again.errors)")
    let run = try Program(
      ["run"] + images.prefix(2) + ["-o", path("run"), "--weights", path("weights")]
        + ["--model", "tiny"] + query
    ).end()
    #expect(run.status == 0, "\(run.errors)")
    for name in ["scan1.png", "scan2.png"] {
      let wanted = try Data(contentsOf: URL(filePath: path("run/\(name)")))
      for folder in ["out", "again"] {
        #expect(try Data(contentsOf: URL(filePath: path("\(folder)/\(name)"))) == wanted)
      }
    }
    let third = try submit(other, "out")
    #expect(third.output.isEmpty && third.errors.contains("2 results are here already"))
  }
}
