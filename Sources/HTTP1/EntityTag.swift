/// A tag that changes with the bytes of a representation.
///
/// Source: RFC 9110 §8.8.3.
package struct EntityTag: Sendable, Hashable {
  /// The text between the quotes.
  package let opaque: String
  package let isWeak: Bool

  /// A tag that promises equal bytes.
  package init(strong opaque: String) {
    precondition(opaque.utf8.allSatisfy(\.isTagCharacter), "a tag \(opaque)")
    self.init(opaque: opaque, isWeak: false)
  }

  /// A tag that promises equivalent content.
  package init(weak opaque: String) {
    precondition(opaque.utf8.allSatisfy(\.isTagCharacter), "a tag \(opaque)")
    self.init(opaque: opaque, isWeak: true)
  }

  fileprivate init(opaque: String, isWeak: Bool) {
    self.opaque = opaque
    self.isWeak = isWeak
  }

  /// Reads a field's value; `nil` unless it is exactly one tag.
  package init?(_ text: String) {
    var rest = ArraySlice(text.utf8)
    guard let tag = rest.popEntityTag(), rest.isEmpty else { return nil }
    self = tag
  }

  package var text: String { "\(isWeak ? "W/" : "")\"\(opaque)\"" }

  /// Whether both promise equal bytes.
  ///
  /// Source: RFC 9110 §8.8.3.2, strong comparison.
  package func isStrongly(_ other: EntityTag) -> Bool {
    !isWeak && !other.isWeak && opaque == other.opaque
  }

  /// Whether both promise equivalent content.
  ///
  /// Source: RFC 9110 §8.8.3.2, weak comparison.
  package func isWeakly(_ other: EntityTag) -> Bool { opaque == other.opaque }
}

/// The value of `If-Match` or `If-None-Match`.
///
/// Source: RFC 9110 §13.1.1–2.
package enum EntityTags: Sendable, Hashable {
  /// `*`: any representation.
  case any
  case listed([EntityTag])

  /// Reads a field's value; a malformed one lists nothing, and so matches nothing.
  package init(_ text: String) {
    guard text.trimmingBlanks != "*" else {
      self = .any
      return
    }
    var tags: [EntityTag] = []
    var rest = ArraySlice(text.utf8)
    while true {
      // Empty elements are ignored, as RFC 9110 §5.6.1.2 demands.
      rest = rest.drop { $0.isBlank || $0 == ASCII.comma }
      guard !rest.isEmpty else { break }
      guard let tag = rest.popEntityTag() else {
        self = .listed([])
        return
      }
      rest = rest.drop(while: \.isBlank)
      guard rest.isEmpty || rest.first == ASCII.comma else {
        self = .listed([])
        return
      }
      tags.append(tag)
    }
    self = .listed(tags)
  }

  /// Whether a representation's tag is listed; one without a tag matches only `*`.
  func hold(_ tag: EntityTag?, by isSame: (EntityTag, EntityTag) -> Bool) -> Bool {
    switch self {
    case .any: true
    case .listed(let tags): tag.map { tag in tags.contains { isSame(tag, $0) } } ?? false
    }
  }
}

extension ArraySlice<UInt8> {
  /// Removes a tag from the front.
  fileprivate mutating func popEntityTag() -> EntityTag? {
    let isWeak = starts(with: Array("W/".utf8))
    if isWeak { removeFirst(2) }
    guard popFirst() == ASCII.quote else { return nil }
    let opaque = prefix(while: \.isTagCharacter)
    self = self[opaque.endIndex...]
    guard popFirst() == ASCII.quote else { return nil }
    return EntityTag(opaque: String(decoding: opaque, as: UTF8.self), isWeak: isWeak)
  }
}

extension UInt8 {
  /// Whether the byte may occur in a tag.
  ///
  /// Source: RFC 9110 §8.8.3, `etagc`.
  fileprivate var isTagCharacter: Bool {
    self > ASCII.space && self != ASCII.quote && self != ASCII.delete
  }
}
