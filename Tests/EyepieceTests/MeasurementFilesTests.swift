import Eyepiece
import Featurization
import Foundation
import Support
import Testing

@Suite("Tables of many images") struct MeasurementFilesTests {
  private static let head = "image,class,id,fraction"

  private func csv(_ rows: [String]) -> [UInt8] {
    Array(([Self.head] + rows).joined(separator: "\n").utf8)
  }

  private func lines(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
    let url = URL(fileURLWithPath: folder.path).appending(path: name)
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test func `MeasurementFiles: rows get their image's name, and a mean over the images`() throws {
    let folder = TemporaryFolder()
    let url = URL(fileURLWithPath: folder.path, isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    var files = try MeasurementFiles(in: url, resuming: false)
    try files.add(
      [.fractions: csv(["sha256-1,\"a,b\",1,0.25", "sha256-1,pore,2,0.75"])], of: "x, 1.tif")
    try files.add(
      [.fractions: csv(["sha256-2,\"a,b\",1,0.75", "sha256-2,pore,2,0.25"])], of: "y.tif")
    #expect(
      try lines(folder, "fractions.csv") == [
        Self.head, "\"x, 1.tif\",\"a,b\",1,0.25", "\"x, 1.tif\",pore,2,0.75",
        "y.tif,\"a,b\",1,0.75",
        "y.tif,pore,2,0.25",
      ])
    let summary = try lines(folder, "summary.csv")
    #expect(summary.count == 3 && summary[1].hasPrefix("\"a,b\",1,2,0.5,0.3535"))
  }

  @Test func `MeasurementFiles: resumed work keeps the rows, and replaces those done again`() throws
  {
    let folder = TemporaryFolder()
    let url = URL(fileURLWithPath: folder.path, isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    var first = try MeasurementFiles(in: url, resuming: false)
    try first.add([.fractions: csv(["s,a,1,0.5"])], of: "x, 1.tif")
    var second = try MeasurementFiles(in: url, resuming: true)
    #expect(second.has("x, 1.tif") && !second.has("y.tif"))
    try second.add([.fractions: csv(["s,a,1,0.75"])], of: "x, 1.tif")
    try second.add([.fractions: csv(["s,a,1,0.25"])], of: "y.tif")
    #expect(
      try lines(folder, "fractions.csv")
        == [Self.head, "\"x, 1.tif\",a,1,0.75", "y.tif,a,1,0.25"])
    #expect(try MeasurementFiles(in: url, resuming: false).has("y.tif") == false)
  }
}
