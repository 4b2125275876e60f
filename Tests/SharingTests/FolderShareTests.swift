import Cache
import Files
import Foundation
import Sharing
import Support
import Testing

@Suite("Folder share") struct FolderShareTests {
  private let folder = TemporaryFolder()

  private func share() throws -> FolderShare {
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/shared", withIntermediateDirectories: true)
    return try FolderShare(at: "\(folder.path)/shared")
  }

  private func file(_ bytes: [UInt8], _ name: String = "file") throws -> String {
    let path = "\(folder.path)/\(name)"
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  private func address(_ number: UInt8) -> SharedAddress {
    SharedAddress(content: SHA256.digest(of: [number]))
  }

  @Test(arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
  func `Folder share: what is published is fetched, whatever its length`(count: Int) throws {
    let share = try share()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = try file(bytes)
    #expect(try !share.contains(address(1)))
    try share.publish(address(1), from: path, replacing: false)
    #expect(try share.contains(address(1)) && !share.contains(address(2)))
    let copy = "\(folder.path)/copy"
    #expect(try share.fetch(address(1), to: copy, limit: count))
    #expect(try Data(contentsOf: URL(filePath: copy)) == Data(bytes))
    #expect(try !share.fetch(address(2), to: copy, limit: count))
    let names = try FileManager.default.subpathsOfDirectory(atPath: share.place)
    #expect(names.filter { $0.hasSuffix(".new") }.isEmpty, "\(names)")
  }

  @Test func `Folder share: an entry that is there stays, unless it was found damaged`() throws {
    let share = try share()
    try share.publish(address(1), from: try file([1]), replacing: false)
    try share.publish(address(1), from: try file([2, 2]), replacing: false)
    #expect(try Data(contentsOf: URL(filePath: share.path(of: address(1)))) == Data([1]))
    try share.publish(address(1), from: try file([2, 2]), replacing: true)
    #expect(try Data(contentsOf: URL(filePath: share.path(of: address(1)))) == Data([2, 2]))
  }

  @Test func `Folder share: an entry beyond the limit is refused before it is copied`() throws {
    let share = try share()
    try share.publish(address(1), from: try file([1, 2, 3]), replacing: false)
    #expect(throws: SharedStoreError.self) {
      try share.fetch(address(1), to: "\(folder.path)/copy", limit: 2)
    }
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/copy"))
  }

  @Test func `Folder share: a folder that is gone is away, not without entries`() throws {
    #expect(throws: SharedStoreError.self) { try FolderShare(at: "\(folder.path)/nowhere") }
    let share = try share()
    let path = try file([1])
    try FileManager.default.removeItem(atPath: share.place)
    for question in [
      { _ = try share.contains(address(1)) },
      { _ = try share.fetch(address(1), to: "\(folder.path)/copy", limit: 9) },
      { try share.publish(address(1), from: path, replacing: false) },
    ] as [() throws -> Void] {
      let error = #expect(throws: SharedStoreError.self) { try question() }
      guard case .away? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test func `Shared address: its path is read as it is written, and nothing else is`() {
    let digest = SHA256.digest(of: [1])
    for address in [SharedAddress(.content, digest), SharedAddress(.action, digest)] {
      #expect(SharedAddress(path: address.path) == address)
    }
    for path in [
      "", "ac", "ac/", "ac/12", "cas//\(digest)", "/ac/\(digest)", "ac/\(digest)/", "x/\(digest)",
    ] {
      #expect(SharedAddress(path: path) == nil, "\(path)")
    }
  }

  @Test func `Shared address: another arithmetic, part or name is another address`() {
    let (one, other) = (SHA256.digest(of: [1]), SHA256.digest(of: [2]))
    let addresses = [
      SharedAddress(EntryName(one, in: Namespace("fields")), arithmetic: "4.a"),
      SharedAddress(EntryName(one, in: Namespace("fields")), arithmetic: "4.b"),
      SharedAddress(EntryName(one, in: Namespace("answers")), arithmetic: "4.a"),
      SharedAddress(EntryName(other, in: Namespace("fields")), arithmetic: "4.a"),
    ]
    #expect(Set(addresses).count == 4)
  }
}
