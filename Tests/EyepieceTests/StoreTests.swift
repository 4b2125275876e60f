import Foundation
import Cache
import Testing

/// The program's own words when it cannot have its store.
@Suite("Store at start", .timeLimit(.minutes(2))) struct StoreTests {
  /// The program beside the one that runs the tests.
  private static var program: URL {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "eyepiece")
  }

  /// A folder of its own, and what lies in it.
  private func folder(_ file: String?) throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "eyepiece-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    if let file { try Data("mine".utf8).write(to: folder.appending(path: file)) }
    return folder
  }

  /// Serves without weights, so that it ends by itself; its status and its words.
  private func serve(_ store: String) throws -> (status: Int32, words: String) {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = Self.program
    process.arguments = ["serve", "--port", "0", "--weights", "/nonexistent", "--store", store]
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let words = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: words, as: UTF8.self))
  }

  @Test func `without a store, or with a new one, it goes on to the weights`() throws {
    let folder = try folder(nil)
    defer { try? FileManager.default.removeItem(at: folder) }
    for store in ["none", folder.path, folder.appending(path: "a/b").path] {
      let (status, words) = try serve(store)
      #expect(status != 0 && words.contains("--weights names"), "\(words)")
    }
  }

  @Test func `a folder of other files is left alone, and the words say what to do`() throws {
    let folder = try folder("notes.txt")
    defer { try? FileManager.default.removeItem(at: folder) }
    let (status, words) = try serve(folder.path)
    #expect(status != 0 && words.contains(folder.path) && words.contains("no store's"))
    #expect(words.contains("--store names an empty folder, or none"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["notes.txt"])
  }

  @Test func `a store that is another server's is left to it`() throws {
    let folder = try folder(nil)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try DiskStore(at: folder.path, budget: 1 << 20)
    let (status, words) = try serve(folder.path)
    #expect(status != 0 && words.contains("in \(folder.path) is another server's"), "\(words)")
    #expect(words.contains("--store names another folder, or none"))
    #expect(store.totalBytes == 0)
  }

  @Test func `a store that cannot be a folder is told with the system's reason`() throws {
    let folder = try folder("file")
    defer { try? FileManager.default.removeItem(at: folder) }
    let (status, words) = try serve(folder.appending(path: "file/store").path)
    #expect(status != 0 && words.contains("Not a directory"), "\(words)")
    #expect(words.contains("--store names another folder, or none"))
  }

  @Test func `jobs that cannot be kept are told with what to do`() throws {
    let folder = try folder("file")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (jobs, words) in [
      ("mysql://lab/eyepiece", "is another address"),
      ("postgres://ada:hidden-word@127.0.0.1:9/eyepiece", "ada:…@127.0.0.1:9/eyepiece does not"),
      (folder.appending(path: "file/jobs").path, "cannot be made"),
    ] {
      let process = try Program([
        "serve", "--port", "0", "--weights", "/nonexistent", "--store",
        folder.appending(path: "store").path, "--jobs", jobs,
      ])
      let (status, _, errors) = process.end()
      #expect(status != 0 && errors.contains(words), "\(errors)")
      #expect(!errors.contains("hidden-word"))
    }
  }

  @Test func `a worker without a database or a store says what it needs, and claims nothing`()
    throws
  {
    let database = ["--jobs", "postgres://127.0.0.1:9/eyepiece"]
    for (arguments, words) in [
      ([], "--jobs postgres://"), (database, "--shared names"),
      (database + ["--shared", "/nonexistent/folder"], "there is no folder /nonexistent/folder"),
      (database + ["--shared", "ftp://lab/"], "neither a folder nor http"),
      (database + ["--for", "soon"], "--for is a time"),
    ] {
      let process = try Program(["work", "--weights", "/nonexistent"] + arguments)
      let (status, _, errors) = process.end()
      #expect([1, 64].contains(status) && errors.contains(words), "\(status) \(errors)")
    }
  }
}
