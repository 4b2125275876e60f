import Featurization
import Files
import Foundation
import Synchronization

/// Some images as one batch of a server: sends what is missing, waits, and fetches the answers.
///
/// Every step can be made again: images and answers have names that say what they are, and the batch a
/// key that follows from what is in it.
struct SubmittedBatch: Sendable {
  struct Image: Sendable {
    let path: String
    /// What its result is called, without an extension.
    let name: String
    let digest: Digest
  }

  /// Images that are sent, and answers that are fetched, at the same time.
  static let parallel = 4

  let server: RemoteServer
  let images: [Image]
  let options: [(name: String, value: String)]
  let folder: URL

  private struct Names: Codable {
    let images: [String]
  }

  private struct State: Decodable {
    let id: String
    let total: Int
    let done: Int
    let failed: Int
    let cancelled: Int
    let expired: Int
    let running: Int
    let endsIn: Double?
    let ended: String?
  }

  private struct Result: Decodable {
    struct Problem: Decodable {
      let detail: String
    }
    let place: Int
    let state: String
    let path: String?
    let file: String?
    let problem: Problem?
  }

  /// Returns how many images failed; each of them is reported.
  func run(tell: @escaping @Sendable (String) -> Void) async throws -> Int {
    let here = try await sendMissing(tell)
    var attempt = 1
    while true {
      let (taken, first) = try await submit(here, attempt)
      guard let first else { return images.count }
      let state = try await follow(first, tell)
      // Somebody cancelled it, or it waited for too long: what has to be done is asked for anew.
      if state.cancelled + state.expired > 0, attempt < 3 {
        attempt += 1
        continue
      }
      return images.count - (try await fetch(state.id, of: taken))
    }
  }

  /// Sends what the server does not have; returns the images that it has then.
  private func sendMissing(_ tell: @escaping @Sendable (String) -> Void) async throws -> [Image] {
    let names = Names(images: images.map(\.digest.imageName))
    let answer = try await server.ask(
      "POST", "/images/missing",
      .bytes(Array(try JSONEncoder().encode(names)), type: "application/json"))
    guard answer.isGood else { throw answer.refusal }
    let missing = Set(try answer.decoded(Names.self).images)
    var first: [String: Image] = [:]
    for image in images where missing.contains(image.digest.imageName) {
      first[image.digest.imageName] = image
    }
    let total = first.count
    let sent = Counter()
    let refused = Mutex<Set<Digest>>([])
    try await inParallel(Array(first.values)) { image in
      let kept = try await server.ask(
        "PUT", "/images/\(image.digest.imageName)", .file(image.path))
      tell("\(sent.next()) of \(total) images sent")
      guard !kept.isGood else { return }
      guard [413, 415, 422].contains(kept.status) else { throw kept.refusal }
      report("\(image.path): \(kept.refusal)")
      refused.withLock { _ = $0.insert(image.digest) }
    }
    let left = refused.withLock { $0 }
    return images.filter { !left.contains($0.digest) }
  }

  /// Submits images, without those that the server cannot take; returns those that it took.
  private func submit(
    _ images: [Image], _ attempt: Int
  ) async throws -> (taken: [Image], state: State?) {
    let defaults = Dictionary(options.map { ($0.name, $0.value) }) { $1 }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var images = images
    while !images.isEmpty {
      let jobs = images.map { ["image": $0.digest.imageName, "name": $0.name] }
      let body = try encoder.encode(Order(defaults: defaults, jobs: jobs))
      let key = SHA256.digest(of: Array(body) + Array("\(attempt)".utf8))
      let answer = try await server.ask(
        "POST", "/batches", .bytes(Array(body), type: "application/json"),
        headers: ["Idempotency-Key: \(key)"])
      if answer.isGood { return (images, try answer.decoded(State.self)) }
      guard answer.status == 422, let bad = try? answer.decoded(BadPlaces.self) else {
        throw answer.refusal
      }
      for place in bad.places { report("\(images[place.place].path): \(place.detail)") }
      let places = Set(bad.places.map(\.place))
      images = images.enumerated().filter { !places.contains($0.offset) }.map(\.element)
    }
    return ([], nil)
  }

  private struct BadPlaces: Decodable {
    struct Place: Decodable {
      let place: Int
      let detail: String
    }
    let places: [Place]
  }

  private struct Order: Encodable {
    let defaults: [String: String]
    let jobs: [[String: String]]
  }

  /// Waits until a batch has ended, and tells how far it is.
  private func follow(
    _ first: State, _ tell: @escaping @Sendable (String) -> Void
  ) async throws -> State {
    var (state, tag) = (first, String?.none)
    while state.ended == nil {
      let left = state.endsIn.map { ", about \(Int($0.rounded(.up))) s left" } ?? ""
      tell("\(state.done + state.failed) of \(state.total) done, \(state.running) running\(left)")
      let answer = try await server.ask(
        "GET", "/batches/\(first.id)?wait=30", headers: tag.map { ["If-None-Match: \($0)"] } ?? [])
      if answer.status == 304 { continue }
      guard answer.isGood else { throw answer.refusal }
      (state, tag) = (try answer.decoded(State.self), answer.tag)
    }
    return state
  }

  /// Fetches the answers of a batch of these images; returns how many are made.
  private func fetch(_ id: String, of images: [Image]) async throws -> Int {
    let manifest = try await server.ask("GET", "/batches/\(id)/results?format=ndjson")
    guard manifest.isGood else { throw manifest.refusal }
    let results = try manifest.body.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Result.self, from: $0)
    }
    let made = Counter()
    try await inParallel(results) { result in
      guard images.indices.contains(result.place) else { return }
      let image = images[result.place]
      guard result.state == "done" else {
        report("\(image.path): \(result.problem?.detail ?? result.state)")
        return
      }
      _ = made.next()
      guard let path = result.path, let file = result.file else { return }
      let target = folder.appending(path: "\(image.name).\(URL(filePath: file).pathExtension)")
      try await download(path, to: target)
      print(target.path)
    }
    return made.count
  }

  /// A file gets its name when it is whole.
  private func download(_ path: String, to target: URL) async throws {
    let draft = folder.appending(path: ".\(target.lastPathComponent).part")
    let answer = try await server.ask("GET", path, into: draft.path)
    guard answer.isGood else {
      try? FileManager.default.removeItem(at: draft)
      throw answer.refusal
    }
    try FileSystem.move(draft.path, to: target.path)
  }

  /// Works on all, a few at a time; the first that fails ends it.
  private func inParallel<Item: Sendable>(
    _ items: [Item], _ work: @escaping @Sendable (Item) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var rest = items[...]
      for _ in 0..<min(SubmittedBatch.parallel, rest.count) {
        let item = rest.removeFirst()
        group.addTask { try await work(item) }
      }
      while try await group.next() != nil {
        guard let item = rest.popFirst() else { continue }
        group.addTask { try await work(item) }
      }
    }
  }
}
