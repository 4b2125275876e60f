import Files
import Foundation
import Support
import Testing

@Suite("Tar") struct TarTests {
  @Test func `Tar: another program reads names and bytes of any length`() throws {
    let folder = TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    let files: [(String, Int)] = [
      ("a.png", 0), ("b.npy", 1), ("c", 511), ("d", 512), ("e", 513),
      (String(repeating: "x", count: 100), 3), (String(repeating: "y", count: 180) + ".png", 9),
      ("Gefüge 2.tif", 7),
    ]
    var archive: [UInt8] = []
    for (name, count) in files {
      let member = TarMember(name: name, bytes: count, modified: 1_700_000_000)
      let before = archive.count
      archive += member.header + [UInt8](repeating: 7, count: count) + member.padding
      #expect(archive.count - before == member.length)
    }
    archive += TarMember.end
    let path = "\(folder.path)/all.tar"
    try Data(archive).write(to: URL(filePath: path))
    let tar = Process()
    tar.executableURL = URL(filePath: "/bin/tar")
    tar.arguments = ["-xf", path, "-C", folder.path]
    try tar.run()
    tar.waitUntilExit()
    #expect(tar.terminationStatus == 0)
    for (name, count) in files {
      let data = try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)"))
      #expect(data == Data(repeating: 7, count: count), "\(name)")
    }
  }

  @Test func `Tar: eight gibibytes and more are said beside the header`() {
    let member = TarMember(name: "large", bytes: 1 << 33, modified: 0)
    #expect(member.header.count == 3 * 512)
    #expect(String(decoding: member.header, as: UTF8.self).contains("19 size=8589934592\n"))
    #expect(TarMember(name: "a", bytes: (1 << 33) - 1, modified: 0).header.count == 512)
  }

  @Test(
    arguments: [
      ("a.tif", "a.png"), ("../../etc/passwd", "passwd.png"), ("C:\\x\\b.tif", "b.png"),
      ("..", "image-3.png"), ("", "image-3.png"), (".hidden", "hidden.png"),
      ("a\u{0}\n/b\u{7}c", "bc.png"),
      ("archive.tar.gz", "archive.tar.png"),
    ])
  func `Names: what a client calls a file stays in its folder`(wish: String, name: String) {
    var names = SafeFileNames()
    #expect(names.next(wish, else: "image-3", extension: "png") == name)
  }

  @Test func `Names: each is another, and short enough for any file system`() {
    var names = SafeFileNames()
    let wishes = ["a.tif", "a.png", "a-2.tif", nil, nil, String(repeating: "é", count: 300), "a"]
    let given = wishes.map { names.next($0, else: "image", extension: "png") }
    #expect(Set(given).count == given.count)
    #expect(given[0] == "a.png" && given[1] == "a-2.png")
    #expect(given.allSatisfy { $0.utf8.count <= 200 })
  }
}
