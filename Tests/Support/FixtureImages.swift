package import Foundation

/// The package's own folder.
package let packageFolder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// A picture in `Tests/Fixtures/Images`.
package func fixture(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: packageFolder.appending(path: "Tests/Fixtures/Images/\(name)")))
}

/// The names of all pictures there, in order.
package func fixtureNames() throws -> [String] {
  let folder = packageFolder.appending(path: "Tests/Fixtures/Images")
  return try FileManager.default.contentsOfDirectory(atPath: folder.path)
    .filter { [".png", ".jpg", ".tif"].contains($0.suffix(4)) }.sorted()
}
