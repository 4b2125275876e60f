import Foundation
import Imaging
import Support
import Testing

/// The program on a small random model that has an upsampler.
@Suite("Upsampler", .timeLimit(.minutes(2))) struct UpsamplerTests {
  private let place = TemporaryFolder()

  /// What `eyepiece run` writes of a picture, the numbers alone, or what it complains of.
  private func run(
    _ options: String..., width: Int = 40, height: Int = 26
  ) throws -> (bytes: Data, errors: String) {
    let folder = place.path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var model = try TinyWeights("dinov2_registers")
    try model.write(to: folder, as: "plain")
    model.addUpsampler(dim: 32)
    try model.write(to: folder, as: "guided")
    try Data(Raster.noise(width, height).png()).write(to: URL(filePath: "\(folder)/image.png"))
    let ended = try Program(
      ["run", "\(folder)/image.png", "-o", folder, "--weights", folder, "--threads", "2"]
        + ["--format", "raw"] + options
    ).end()
    let file = URL(filePath: "\(folder)/image.raw")
    let bytes = ended.status == 0 ? try Data(contentsOf: file) : Data()
    return (bytes, ended.errors)
  }

  @Test func `pixels are made alone, in a region and all together, the same`() throws {
    let (whole, errors) = try run("--model", "guided", "--upsample", "jbu")
    #expect(whole.count == 40 * 26 * 32 * 4, "\(errors)")
    let plain = try run("--model", "guided", "--stride", "8", "--flips", "none")
    #expect(plain.bytes.count == whole.count && plain.bytes != whole)
    let row = 40 * 32 * 4
    let region = try run("--model", "guided", "--upsample", "jbu", "--region", "3,5,7,2").bytes
    let wanted = [5, 6].map { y in whole[y * row + 3 * 128..<y * row + 10 * 128] }
    #expect(region == wanted[0] + wanted[1])
    let point = try run("--model", "guided", "--upsample", "jbu", "--region", "39,25,1,1").bytes
    #expect(point == whole.suffix(128))
  }

  @Test func `a model without one says so, and what does not go with it is named`() throws {
    let plain = try run("--model", "plain", "--upsample", "jbu")
    #expect(plain.errors.contains("plain has no upsampler"), "\(plain.errors)")
    #expect(plain.errors.contains("its file holds none"), "\(plain.errors)")
    let strided = try run("--model", "guided", "--upsample", "jbu", "--stride", "4")
    #expect(strided.errors.contains("upsample=jbu goes with stride=8 alone"), "\(strided.errors)")
  }
}
