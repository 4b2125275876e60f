import Cache
import Files
package import HTTP1
import HTTPTypes
import Scheduling
package import Sharing
import Synchronization

/// A folder of shared entries over HTTP: GET, HEAD and PUT of `/ac/…` and `/cas/…`.
///
/// What is damaged is neither taken nor given: content must have its digest, and an entry the digests
/// that are in it. Source: bazel-remote's README, HTTP.
package final class StoreService: Handler {
  /// Files that are read or written at the same time.
  private static let mostFiles = 16
  /// Bytes of a file that are sent together.
  private static let pieceBytes = 1 << 18

  private let store: FolderShare
  private let bodyLimit: Int
  private let policy: Mutex<AccessPolicy>
  private let threads = BlockingThreadPool(limit: StoreService.mostFiles)
  private let count = Atomic(0)

  /// `bodyLimit` is the maximum bytes of an entry that is put.
  package init(_ store: FolderShare, bodyLimit: Int, policy: AccessPolicy) {
    (self.store, self.bodyLimit) = (store, bodyLimit)
    self.policy = Mutex(policy)
  }

  package func update(policy: AccessPolicy) { self.policy.withLock { $0 = policy } }

  package func admit(_ head: RequestHead) -> Admission {
    let path = head.target.path
    if path == "/livez", head.method == .get {
      return .accept(StoreExchange(bodyLimit: 0) { _ in .text("ok\n") })
    }
    do throws(Problem) {
      _ = try policy.withLock { $0 }.client(of: head, .client)
    } catch {
      return .refuse(error.response)
    }
    guard let address = SharedAddress(path: path.dropFirst()) else {
      return .refuse(.text("Not found\n", .notFound))
    }
    switch head.method {
    case .get, .head:
      return .accept(StoreExchange(bodyLimit: 0) { [self] _ in try await get(address) })
    case .put:
      return .accept(
        StoreExchange(bodyLimit: bodyLimit) { [self] body in try await put(body, at: address) })
    default:
      var response = Response.text("There are GET, HEAD and PUT\n", .methodNotAllowed)
      response.fields[.allow] = "GET, HEAD, PUT"
      return .refuse(response)
    }
  }

  package func refusal(of violation: ProtocolViolation) -> Response { Problem(violation).response }

  private func get(_ address: SharedAddress) async throws -> Response {
    let file = try await threads.result { [self] () throws(FileError) in try open(address) }
    guard let file else { return .text("Not found\n", .notFound) }
    let length = file.status.bytes
    return Response(
      status: .ok, fields: [.contentType: "application/octet-stream"],
      body: .stream(length: length) { [threads] writer in
        for start in stride(from: 0, to: length, by: StoreService.pieceBytes) {
          let end = min(length, start + StoreService.pieceBytes)
          try await writer.write(
            try await threads.result { () throws(FileError) in try file.read(start..<end) })
        }
      })
  }

  /// An undamaged file; a damaged one is removed, so that it is written again.
  private func open(_ address: SharedAddress) throws(FileError) -> File? {
    let path = store.path(of: address)
    do throws(FileError) {
      guard try isSound(path, address) else {
        try FileSystem.remove(path)
        return nil
      }
      return try File(reading: path, links: .refused)
    } catch {
      if error.isAbsence { return nil }
      throw error
    }
  }

  private func isSound(_ path: String, _ address: SharedAddress) throws(FileError) -> Bool {
    switch address.kind {
    case .content:
      try SHA256.digest(of: File(reading: path, links: .refused)) == address.digest
    case .action: try EntryLayout.isSound(path)
    }
  }

  private func put(_ body: [UInt8], at address: SharedAddress) async throws -> Response {
    let number = count.add(1, ordering: .relaxed).newValue
    return try await threads.result { [self] () throws(FileError) in
      let path = store.draft(number)
      defer { try? FileSystem.remove(path) }
      try FileSystem.remove(path)
      try File(creating: path, mode: 0o666).write(body)
      guard try isSound(path, address) else {
        return .text("The bytes are not what the address says\n", .unprocessableContent)
      }
      do throws(SharedStoreError) {
        if try store.contains(address) { return .text("It is there\n") }
        try store.publish(address, from: path, replacing: false)
      } catch {
        return .text("The folder does not take it\n", .insufficientStorage)
      }
      return .text("Taken\n", .created)
    }
  }
}

/// A request whose head was accepted.
private struct StoreExchange: Exchange {
  let bodyLimit: Int
  let answer: @Sendable ([UInt8]) async throws -> Response

  func reply(to body: [UInt8]) -> Reply {
    .work {
      do { return try await answer(body) } catch {
        return .text("The folder cannot be read or written\n", .serviceUnavailable)
      }
    }
  }
}

extension Response {
  fileprivate static func text(_ text: String, _ status: HTTPResponse.Status) -> Response {
    var response = Response.text(text)
    response.status = status
    return response
  }
}

extension HTTPResponse.Status {
  fileprivate static let insufficientStorage = HTTPResponse.Status(
    code: 507, reasonPhrase: "Insufficient Storage")
}
