/// A table whose entries have a size and an order of use: what a bounded store decides by.
///
/// Admission and eviction are the caller's: `hasRoom` says what would fit, `oldest` what should
/// go. A pinned entry never should. Every operation takes constant time.
package struct LeastRecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  package struct Limits: Sendable, Hashable {
    package var bytes: Int
    package var entries: Int

    package init(bytes: Int, entries: Int) {
      precondition(bytes >= 0 && entries >= 0, "\(bytes) bytes, \(entries) entries")
      self.bytes = bytes
      self.entries = entries
    }
  }

  private struct Link: Sendable {
    var value: Value
    let bytes: Int
    var older: Key?
    var newer: Key?
  }

  package let limits: Limits
  private var links: [Key: Link] = [:]
  /// The entry that was used longest ago.
  package private(set) var oldest: Key?
  private var newest: Key?
  private var entryBytes = 0
  /// Entries that must not go, whether they are there already or not.
  package private(set) var pins: Set<Key> = []
  /// The pinned entries that are there, and their bytes.
  private var pinned = (entries: 0, bytes: 0)
  /// Entries that are to come, and their bytes.
  private var aside = (entries: 0, bytes: 0)

  package init(limits: Limits) {
    self.limits = limits
  }

  package var count: Int { links.count }

  /// In no order.
  package var keys: [Key] { Array(links.keys) }

  /// Bytes of all entries, and those set aside.
  package var bytes: Int { entryBytes + aside.bytes }

  /// Bytes of the entries that must not go.
  package var pinnedBytes: Int { pinned.bytes }

  package var isOverfull: Bool { bytes > limits.bytes || count > limits.entries }

  /// Looks without using.
  package subscript(key: Key) -> Value? { links[key]?.value }

  /// Whether an entry of this size would be within the limits if all others went that may go.
  package func couldHold(_ size: Int) -> Bool {
    aside.entries + pinned.entries < limits.entries
      && size <= limits.bytes - aside.bytes - pinned.bytes
  }

  /// Whether one entry more of this size would be within the limits.
  package func hasRoom(for size: Int) -> Bool {
    count + aside.entries < limits.entries && size <= limits.bytes - bytes
  }

  /// Sets room aside for an entry that is to come.
  package mutating func setAside(_ size: Int) {
    aside = (aside.entries + 1, aside.bytes + size)
  }

  /// Gives back the room set aside for an entry, which came or will not.
  package mutating func giveBack(_ size: Int) {
    aside = (aside.entries - 1, aside.bytes - size)
    precondition(aside.entries >= 0 && aside.bytes >= 0, "more given back than was set aside")
  }

  /// The entry's value; the entry becomes the latest used.
  package mutating func use(_ key: Key) -> Value? {
    guard let link = links[key] else { return nil }
    if newest != key, !pins.contains(key) {
      unlink(link)
      append(link, for: key)
    }
    return link.value
  }

  /// Changes a value where it is.
  package mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
    guard var link = links[key] else { return }
    change(&link.value)
    links[key] = link
  }

  /// Takes an entry in as the latest used, in place of one of the same key, which is returned.
  @discardableResult
  package mutating func insert(_ value: Value, for key: Key, bytes size: Int) -> Value? {
    precondition(size >= 0, "\(size) bytes")
    let former = remove(key)
    place(Link(value: value, bytes: size), for: key)
    entryBytes += size
    return former
  }

  @discardableResult
  package mutating func remove(_ key: Key) -> Value? {
    guard let link = links[key] else { return nil }
    displace(link, of: key)
    links[key] = nil
    entryBytes -= link.bytes
    return link.value
  }

  /// Pins these keys and no others; an entry that was pinned becomes the latest used.
  package mutating func setPins(_ keys: Set<Key>) {
    unpin(pins.subtracting(keys))
    pin(keys)
  }

  /// Lets these go again.
  package mutating func unpin(_ keys: some Sequence<Key>) {
    for key in keys where pins.contains(key) {
      let link = links[key]
      if let link { displace(link, of: key) }
      pins.remove(key)
      if let link { place(link, for: key) }
    }
  }

  /// Pins further keys.
  package mutating func pin(_ keys: some Sequence<Key>) {
    for key in keys where !pins.contains(key) {
      let link = links[key]
      if let link { displace(link, of: key) }
      pins.insert(key)
      if let link { place(link, for: key) }
    }
  }

  /// Puts an entry where it belongs: into the order of use, or among the pinned.
  private mutating func place(_ link: Link, for key: Key) {
    guard pins.contains(key) else { return append(link, for: key) }
    pinned = (pinned.entries + 1, pinned.bytes + link.bytes)
    links[key] = Link(value: link.value, bytes: link.bytes)
  }

  private mutating func displace(_ link: Link, of key: Key) {
    guard pins.contains(key) else { return unlink(link) }
    pinned = (pinned.entries - 1, pinned.bytes - link.bytes)
  }

  private mutating func append(_ link: Link, for key: Key) {
    var link = link
    (link.older, link.newer) = (newest, nil)
    links[key] = link
    if let newest { links[newest]?.newer = key } else { oldest = key }
    newest = key
  }

  /// Joins the neighbours of an entry that leaves its place.
  private mutating func unlink(_ link: Link) {
    if let older = link.older { links[older]?.newer = link.newer } else { oldest = link.newer }
    if let newer = link.newer { links[newer]?.older = link.older } else { newest = link.older }
  }
}
