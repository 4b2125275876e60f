import CKernels
import Files
import Foundation
import Testing

/// The compiled kernels, against their sources and their list.
@Suite("Kernels: archive") struct ArchiveTests {
  /// What bin/make-kernels writes of what it compiled.
  private struct Manifest: Decodable {
    struct Kernel: Decodable {
      let registers: Int
      let spills: Int
      let stack: Int
    }
    struct Image: Decodable {
      let architecture: String
      let bytes: Int
      let sha256: String
      let kernels: [String: Kernel]
    }
    let compiler: String
    let sources: String
    let images: [Image]
  }

  private static let architectures = [
    "sm_80", "sm_86", "sm_89", "sm_90a", "sm_100", "sm_120", "compute_80",
  ]

  private func manifest() throws -> Manifest {
    var size = 0
    guard let start = unsafe kernel_manifest(&size) else { return try #require(nil) }
    let data = unsafe Data(bytes: start, count: size)
    return try JSONDecoder().decode(Manifest.self, from: data)
  }

  /// The name and the bytes of an image, and whether they could be had.
  private func read(_ index: Int) -> (name: String, bytes: [UInt8])? {
    var image = unsafe kernel_image()
    guard unsafe kernel_image_at(Int32(index), &image) == 1 else { return nil }
    var bytes = unsafe [UInt8](repeating: 0, count: image.size)
    guard unsafe kernel_image_inflate(&image, &bytes) == 1 else { return nil }
    return (unsafe String(cString: image.architecture), bytes)
  }

  @Test
  func `the archive was made of these sources`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/CKernels").standardized
    var files: [String: URL] = [
      "kernels.h": folder.appending(path: "include/kernels.h")
    ]
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: "Kernels").path)
    for name in names { files[name] = folder.appending(path: "Kernels/\(name)") }
    var hash = SHA256()
    for (name, file) in files.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      hash.update(Array(name.utf8) + [0] + Array(try Data(contentsOf: file)) + [0])
    }
    #expect("\(hash.finalise())" == (try manifest().sources), "run bin/make-kernels")
  }

  @Test
  func `every image is there, whole and of its kind`() throws {
    let manifest = try manifest()
    #expect(manifest.images.map(\.architecture) == ArchiveTests.architectures)
    for (index, entry) in manifest.images.enumerated() {
      let image = try #require(read(index))
      #expect(image.name == entry.architecture && image.bytes.count == entry.bytes)
      #expect("\(SHA256.digest(of: image.bytes))" == entry.sha256)
      if image.name.hasPrefix("sm_") {
        #expect(image.bytes.starts(with: [0x7f] + Array("ELF".utf8)))
      } else {
        #expect(image.bytes.last == 0, "the driver takes PTX as a C string")
      }
    }
    #expect(read(manifest.images.count) == nil)
    #expect(read(-1) == nil)
  }

  /// PTX has no registers yet.
  @Test
  func `machine code has every kernel, within its registers and without spills`() throws {
    var (limits, index): ([String: Int], Int32) = ([:], 0)
    while let kernel = unsafe kernel_at(index)?.pointee {
      limits[unsafe String(cString: kernel.name)] = unsafe Int(kernel.registers)
      index += 1
    }
    #expect(limits.count > 20)
    for image in try manifest().images where image.architecture.hasPrefix("sm_") {
      #expect(Set(image.kernels.keys) == Set(limits.keys), "\(image.architecture)")
      for (name, kernel) in image.kernels {
        #expect(
          kernel.spills == 0 && kernel.stack == 0 && kernel.registers <= limits[name] ?? 0,
          "\(name) on \(image.architecture): \(kernel)")
      }
    }
  }

  @Test(arguments: [
    (7, 5, nil), (8, 0, "sm_80"), (8, 6, "sm_86"), (8, 7, "sm_86"), (8, 9, "sm_89"),
    (9, 0, "sm_90a"), (10, 0, "sm_100"), (10, 3, "sm_100"), (11, 0, "compute_80"),
    (12, 0, "sm_120"), (12, 1, "sm_120"), (13, 0, "compute_80"),
  ])
  func `a card runs machine code of its own major number, else PTX`(
    major: Int, minor: Int, name: String?
  ) {
    var image = unsafe kernel_image()
    let isThere = unsafe kernel_image_for(Int32(major), Int32(minor), &image) == 1
    #expect((isThere ? unsafe String(cString: image.architecture) : nil) == name)
  }
}
