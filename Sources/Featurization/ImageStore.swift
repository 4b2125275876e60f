import Cache
package import Files
package import ImageCodecs
package import Imaging
package import Scheduling

/// An image as bytes, or the name of a stored one.
package enum ImageSource: Sendable {
  case bytes([UInt8])
  case kept(Digest)

  /// The digest of the bytes; some gigabytes take a second.
  func digest() -> Digest {
    switch self {
    case .bytes(let bytes): SHA256.digest(of: bytes)
    case .kept(let digest): digest
    }
  }
}

/// A stored image's description for clients.
package struct ImageDescription: Sendable, Encodable {
  package let image: String
  package let bytes: Int
  package let format: String
  package let size: Size
}

/// Uploaded images, stored on disk where there is a store, else in memory.
package final class ImageStore: Sendable {
  static let namespace = Namespace("images")

  private let disk: DiskStore?
  private let shared: SharedEntries?
  private let memory: MemoryCache<Digest, [UInt8]>
  private let senders: SenderRecords
  /// What the first pages of images are, so that work on many can be predicted without reading
  /// them.
  private let headers: MemoryCache<Digest, ImageHeader>
  private let limits: DecodingLimits
  /// The queue whose threads read and write files.
  private let threads: JobQueue
  /// The queue of images that hold memory while clients read them.
  private let answers: JobQueue

  init(
    budget: CacheBudget, disk: DiskStore?, shared: SharedEntries?, limits: DecodingLimits,
    threads: JobQueue, answers: JobQueue
  ) {
    self.answers = answers
    self.shared = shared
    self.disk = disk
    memory = MemoryCache(budget: budget.images)
    senders = SenderRecords(budget: budget.senders, disk: disk)
    headers = MemoryCache(budget: budget.headers)
    self.limits = limits
    self.threads = threads
  }

  /// Bytes of memory in use.
  package var memoryBytes: Int {
    memory.totalBytes + senders.memoryBytes + headers.totalBytes
  }

  /// Stores an image so that it need not be sent again; `name` is its digest as the client claims,
  /// `sender` the client's own name.
  ///
  /// Returns whether the image is new, or new from this client. Throws `FeaturizationError`: `image`
  /// for an unreadable one, `anotherDigest`, and `noRoom`.
  package func keep(
    _ bytes: [UInt8], as name: Digest? = nil, from sender: String? = nil
  ) async throws -> (image: ImageDescription, isNew: Bool) {
    try await threads.run { [self] in
      let header: ImageHeader
      do throws(CodecError) {
        header = try probe(bytes, page: 0, limits: limits)
      } catch {
        throw FeaturizationError.image(error)
      }
      let digest = SHA256.digest(of: bytes)
      guard name == nil || name == digest else { throw FeaturizationError.anotherDigest(digest) }
      let (isKept, isNew) = hold(bytes, as: digest, from: sender)
      headers.keep(header, for: digest, bytes: ImageStore.headerBytes)
      guard isKept else { throw FeaturizationError.noRoom(bytes: bytes.count) }
      let description = ImageDescription(
        image: digest.imageName, bytes: bytes.count, format: header.format.rawValue,
        size: header.size)
      return (description, isNew)
    }
  }

  /// Stores the image of a field's request, if there is room; returns whether it is kept.
  @discardableResult
  func keep(_ bytes: [UInt8], of record: FieldRecord, from sender: String?) async throws -> Bool {
    try await threads.run { [self] in hold(bytes, as: record.image, from: sender).isKept }
  }

  /// A function that reads an image's bytes as a job of the queue.
  ///
  /// It throws `FeaturizationError.noSuchImage` or `JobError`.
  func reader(of image: ImageSource, for owner: Owner) -> Computation.ImageReader {
    switch image {
    case .bytes(let bytes):
      return { bytes }
    case .kept(let digest):
      return { [self] in
        _ = try await isBrought(digest)
        return try await threads.inTurn(.init(seconds: 0.1, bytes: size(of: digest), owner: owner))
        {
          [self] in try read(digest)
        }
      }
    }
  }

  /// A kept image's bytes, and the reservation of their memory, to be held while they are used.
  ///
  /// Throws `FeaturizationError.noSuchImage` or `JobError`.
  package func bytes(
    of digest: Digest, for owner: Owner = .anonymous
  ) async throws -> (bytes: [UInt8], reservation: Reservation?) {
    _ = try await isBrought(digest)
    let held = try await AnswerMemory(
      queries: threads, answers: answers, bytes: size(of: digest), owner: owner)
    return (try await threads.run { [self] in try read(digest) }, held.reservation)
  }

  private func read(_ digest: Digest) throws(FeaturizationError) -> [UInt8] {
    senders.touch(digest)
    let bytes = memory.value(for: digest) ?? disk?.read(digest, in: ImageStore.namespace)
    guard let bytes else {
      // What is damaged or gone was removed; what could not be read is still there.
      throw isOnDisk(digest) ? .imageUnreadable(digest) : .noSuchImage(digest)
    }
    return bytes
  }

  /// The digests of kept images, in no order.
  var names: [Digest] {
    Array(Set(memory.keys).union(disk?.keys(in: ImageStore.namespace) ?? []))
  }

  /// Bytes of a kept image; 0 if there is none.
  func size(of digest: Digest) -> Int {
    memory.value(for: digest)?.count ?? disk?.size(of: digest, in: ImageStore.namespace) ?? 0
  }

  /// Removes an image, or only this client from its senders if others sent it too; fields made of it
  /// remain.
  ///
  /// Throws `FeaturizationError.noSuchImage`, and `imageOfOthers`.
  package func remove(_ digest: Digest, for remover: ImageRemover = .anyone) async throws {
    let removal = try await threads.run { [self] in
      senders.remove(digest, for: remover, isHere: { isHere(digest) }) {
        memory.remove(digest)
        disk?.remove(digest, in: ImageStore.namespace)
      }
    }
    switch removal {
    case .removed, .withdrawn: break
    case .refused: throw FeaturizationError.imageOfOthers(digest)
    case .absent: throw FeaturizationError.noSuchImage(digest)
    }
  }

  /// Estimated bytes of a header with its table entry.
  private static let headerBytes = 512

  /// The header of a kept image's page.
  ///
  /// Throws `FeaturizationError.noSuchImage`, and `image` for a page that is not there.
  package func header(of digest: Digest, page: Int) async throws -> ImageHeader {
    if page == 0, isHere(digest), let known = headers.value(for: digest) { return known }
    let bytes = try await bytes(of: digest)
    return try await threads.run { [self] in
      do throws(CodecError) {
        let header = try probe(bytes.bytes, page: page, limits: limits)
        if page == 0 { headers.keep(header, for: digest, bytes: ImageStore.headerBytes) }
        return header
      } catch {
        throw FeaturizationError.image(error)
      }
    }
  }

  /// Keeps an image where it outlives the process; returns its digest.
  ///
  /// Throws `FeaturizationError.noRoom` where the disk does not take it.
  package func keepForGood(_ bytes: [UInt8], from sender: String?) async throws -> Digest {
    try await threads.run { [self] in
      let digest = SHA256.digest(of: bytes)
      _ = hold(bytes, as: digest, from: sender)
      guard isOnDisk(digest) else { throw FeaturizationError.noRoom(bytes: bytes.count) }
      return digest
    }
  }

  /// Those of some images that are kept neither here nor where machines share; asking is no use of
  /// them.
  ///
  /// Throws `FeaturizationError.sharedStoreAway`.
  package func missing(of images: [Digest]) async throws -> [Digest] {
    let missing = images.filter { !isHere($0) }
    guard let shared else { return missing }
    return try await shared.imagesMissing(of: missing)
  }

  /// Whether an image is where it outlives the process; it is brought here where others have it.
  ///
  /// Throws `FeaturizationError.sharedStoreAway`, and `noRoom`.
  package func isKeptForGood(_ digest: Digest) async throws -> Bool {
    if isOnDisk(digest) { return true }
    guard let shared else { return false }
    return try await shared.bringImage(digest, limit: limits.encodedBytes)
  }

  /// Whether an image is here, now that it was brought if others have it.
  private func isBrought(_ digest: Digest) async throws -> Bool {
    isHere(digest) ? true : try await isKeptForGood(digest)
  }

  /// Gives images that are here to the machines that share.
  ///
  /// Throws `FeaturizationError.sharedStoreAway`, and `noSuchImage`.
  package func publish(_ images: Set<Digest>) async throws {
    try await shared?.publishImages(images)
  }

  /// Whether a client may be told of an image: it sent it, or clients are not told apart.
  ///
  /// Reads files, so call it on a queue's threads.
  func isVisible(_ digest: Digest, to client: String?) -> Bool {
    client.map { senders.has($0, sent: digest) } ?? true
  }

  private func isHere(_ digest: Digest) -> Bool {
    memory.value(for: digest) != nil || isOnDisk(digest)
  }

  private func isOnDisk(_ digest: Digest) -> Bool {
    disk?.contains(digest, in: ImageStore.namespace) == true
  }

  private func hold(
    _ bytes: [UInt8], as digest: Digest, from sender: String?
  ) -> (isKept: Bool, isNew: Bool) {
    senders.enter(sender, of: digest, isHere: { isHere(digest) }) {
      if let disk {
        if isOnDisk(digest) { return true }
        if disk.write(bytes, for: digest, in: ImageStore.namespace) == .stored { return true }
      }
      return memory.keep(bytes, for: digest, bytes: bytes.count)
    }
  }
}

extension Digest {
  /// Reads an image's name: `sha256-` and the digits.
  package init?(imageName text: some StringProtocol) {
    guard text.hasPrefix("sha256-") else { return nil }
    self.init(hex: text.dropFirst(7))
  }

  /// The name of the image with this digest.
  package var imageName: String { "sha256-\(self)" }
}
