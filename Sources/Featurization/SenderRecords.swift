import Cache
import Files
import Synchronization

/// Who sent which image: beside the images on disk where there is a store, else in memory.
///
/// A record that is lost leaves its image to the operator, until a client sends it again. What reads
/// or writes files blocks: it is called on threads of a queue.
final class SenderRecords: Sendable {
  static let namespace = Namespace("senders")

  private let disk: DiskStore?
  private let memory: MemoryCache<Digest, ImageSenders>
  /// Images that are being kept, by how many requests at the same time; held while a record changes.
  private let beingKept = Mutex<[Digest: Int]>([:])

  init(budget: Int, disk: DiskStore?) {
    self.disk = disk
    memory = MemoryCache(budget: budget)
  }

  /// Bytes of memory that are taken.
  var memoryBytes: Int { memory.totalBytes }

  /// Enters a sender, then keeps the image; one without a name only keeps it.
  ///
  /// The sender comes first, so that another who deletes the image meanwhile does not take it away.
  /// Returns what `keep` does, and whether the image or its sender are new.
  func enter(
    _ sender: String?, of digest: Digest, isHere: () -> Bool, keep: () -> Bool
  ) -> (isKept: Bool, isNew: Bool) {
    let isNew = beingKept.withLock { kept in
      let isHere = isHere()
      // An image that has gone and comes again is another one to its former senders.
      let isFirst = !isHere && kept[digest] == nil
      kept[digest, default: 0] += 1
      let known = senders(of: digest)
      var senders = isFirst ? ImageSenders() : known
      let isNew = sender.map { senders.insert($0) } ?? false
      if senders != known { write(senders, of: digest) }
      return isNew || !isHere
    }
    defer {
      beingKept.withLock { kept in
        kept[digest, default: 1] -= 1
        if kept[digest] == 0 { kept[digest] = nil }
      }
    }
    return (keep(), isNew)
  }

  /// Strikes a sender out, and erases the image with the last of them.
  ///
  /// Who knows an image could send it too; so what one client deletes stays for the others.
  func remove(
    _ digest: Digest, for remover: ImageRemover, isHere: () -> Bool, erase: () -> Void
  ) -> ImageRemoval {
    beingKept.withLock { _ in
      guard isHere() else { return .absent }
      var senders = senders(of: digest)
      let removal = senders.remove(for: remover)
      switch removal {
      case .refused, .absent: break
      case .withdrawn: write(senders, of: digest)
      case .removed:
        write(ImageSenders(), of: digest)
        erase()
      }
      return removal
    }
  }

  /// Whether a client is among an image's senders.
  func has(_ client: String, sent digest: Digest) -> Bool {
    senders(of: digest).names.contains(client)
  }

  /// Uses the record with its image, so that it is forgotten no sooner.
  func touch(_ digest: Digest) {
    if disk?.contains(digest, in: SenderRecords.namespace) == true { _ = stored(digest) }
  }

  private func senders(of digest: Digest) -> ImageSenders {
    memory.value(for: digest) ?? stored(digest) ?? ImageSenders()
  }

  private func stored(_ digest: Digest) -> ImageSenders? {
    disk?.read(digest, in: SenderRecords.namespace).flatMap { ImageSenders(json: $0) }
  }

  private func write(_ senders: ImageSenders, of digest: Digest) {
    guard !senders.names.isEmpty else {
      memory.remove(digest)
      disk?.remove(digest, in: SenderRecords.namespace)
      return
    }
    memory.keep(senders, for: digest, bytes: senders.bytes)
    disk?.write(senders.json, for: digest, in: SenderRecords.namespace)
  }
}
