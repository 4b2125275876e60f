import Tensors
import Foundation
import Support
import Testing

/// Other programs' word on our files, and ours on NumPy's; skips where Python has no such packages.
@Suite("Compatibility") struct CompatibilityTests {
  static let script = packageFolder.appending(path: "Tests/Fixtures/Tensors/compatibility.py")

  /// What a Python program prints; `nil` if it fails.
  static func python(_ arguments: [String]) throws -> String? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? text : nil
  }

  static func have(_ packages: String) -> Bool {
    let found = (try? python(["-c", "import \(packages)"])) ?? nil
    if found == nil { print("Compatibility of array files: skipped, Python has no \(packages)") }
    return found != nil
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "eyepiece-arrays-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  /// An array that counts up and starts again after 250.
  private func counted(_ name: String, _ shape: [Int], _ type: ElementType)
    -> (outline: ArrayOutline, elements: [UInt8])
  {
    let outline = ArrayOutline(name: name, shape: shape, type: type)
    let elements = (0..<shape.reduce(1, *)).flatMap { index in
      switch type {
      case .float32: littleEndian(Float(index % 251).bitPattern)
      case .float16: littleEndian(Float16(index % 251).bitPattern)
      default: littleEndian(Int32(index % 251))
      }
    }
    return (outline, elements)
  }

  @Test(.enabled(if: have("numpy, safetensors, tifffile")))
  func `NumPy, zipfile, safetensors and tifffile read what is written`() throws {
    try withFolder { folder in
      func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: folder.appending(path: name))
      }
      for type in [ElementType.float32, .float16] {
        let features = counted("features", [5, 7, 3], type)
        let arrays = [
          features, counted("labels", [9], .int32), counted("points", [9, 2], .int32),
        ]
        let metadata = ["model": "a “b”\\\n"]
        try write(file([features], as: .npy), "\(type).npy")
        try write(file(arrays, as: .npz), "\(type).npz")
        try write(file(arrays, as: .safetensors, metadata: metadata), "\(type).safetensors")
        try write(file([features], as: .tiff), "\(type).tif")
        let big = TIFFHead(shape: [5, 7, 3], of: type, bigFrom: 0).bytes
        try write(big + features.elements, "\(type).big.tif")
        try write(wideArchive(of: arrays), "\(type).wide.npz")
      }
      try write(file([counted("x", [4, 6, 1], .float32)], as: .tiff), "page.tif")
      let said = try Self.python([Self.script.path, "read", folder.path])
      print(try #require(said))
    }
  }

  /// An archive in 64 bits throughout, as one of 4 GiB would be.
  private func wideArchive(of arrays: [(outline: ArrayOutline, elements: [UInt8])]) -> [UInt8] {
    let files = arrays.map { array in
      ("\(array.outline.name).npy", file([array], as: .npy))
    }
    var frame = ZIPFrame(
      files.map { ZIPFrame.File(name: $0.0, count: $0.1.count) }, wideFrom: 0)
    var bytes: [UInt8] = []
    for (_, file) in files {
      bytes += frame.begin() + file
      frame.pass(file)
    }
    bytes += frame.end()
    #expect(bytes.count == frame.length)
    return bytes
  }

  @Test(.enabled(if: have("numpy")))
  func `what NumPy writes is read`() throws {
    try withFolder { folder in
      _ = try #require(try Self.python([Self.script.path, "write", folder.path]))
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.count == 8 * 5)
      for name in names {
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
        let array = try StoredArray(npy: bytes)
        #expect(array.shape == [4, 3, 5] && name.contains(array.type.descriptor.dropFirst()))
        #expect(array.floats() == (0..<60).map { Float($0) }, "\(name)")
        if !name.contains(".f") {
          #expect(try array.int32s() == (0..<60).map { $0 }, "\(name)")
        }
      }
    }
  }
}
