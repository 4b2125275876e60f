/// A file that is recognised and not read, with the way to one that is.
package struct ForeignFormat: Sendable, Hashable {
  /// The format's usual name.
  package let name: String
  /// The program or menu that exports a picture that is read.
  package let advice: String

  /// Recognises a file by its first bytes; `nil` if it is none of the table's and no text.
  package init?(recognising bytes: [UInt8]) {
    let row = ForeignFormat.table.first { row in
      row.signatures.contains { $0.matches(bytes) }
    }
    if let row {
      (name, advice) = (row.name, row.advice)
    } else if let kind = TextKind(of: bytes) {
      (name, advice) = (kind.name, kind.advice)
    } else {
      return nil
    }
  }

  struct Row: Sendable {
    let name: String
    let signatures: [Signature]
    let advice: String

    init(_ name: String, _ signatures: [Signature], _ advice: String) {
      self.name = name
      self.signatures = signatures
      self.advice = advice
    }
  }
}

/// Text that is sent for a picture.
private enum TextKind {
  case gitLFS
  case svg
  case html
  case xml
  case json
  case plain

  /// Bytes that are looked at.
  private static let reach = 512

  /// `nil` unless the first bytes are printable ASCII, with a line's end among them or a bracket
  /// first.
  init?(of bytes: [UInt8]) {
    let head = bytes.prefix(Self.reach)
    let start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head
    let isPrintable = start.allSatisfy { (0x20...0x7E).contains($0) || (9...13).contains($0) }
    let text = start.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    let trimmed = text.drop { $0 == 0x20 || (9...13).contains($0) }
    func begins(_ word: String) -> Bool { trimmed.starts(with: word.utf8) }
    if begins("version https://git-lfs") {
      self = .gitLFS
    } else if begins("<svg") || (begins("<?xml") && text.contains("<svg")) {
      self = .svg
    } else if begins("<!doctype html") || begins("<html") {
      self = .html
    } else if begins("<?xml") {
      self = .xml
    } else if isPrintable, begins("{") || begins("[") {
      self = .json
    } else if isPrintable, text.contains(0x0A) {
      self = .plain
    } else {
      return nil
    }
  }

  var name: String {
    switch self {
    case .gitLFS: "Git LFS pointer"
    case .svg: "SVG"
    case .html: "HTML"
    case .xml: "XML"
    case .json: "JSON"
    case .plain: "plain text"
    }
  }

  var advice: String {
    switch self {
    case .gitLFS: "it stands for a file that was not fetched; run git lfs pull and send that file"
    case .svg: "a drawing has no pixels; export it as PNG from Inkscape (File › Export)"
    case .html: "a page was saved in place of a picture; open it and save the picture itself"
    case .xml: "a description is no picture; send the picture that it belongs to"
    case .json, .plain: "text is no picture; for numbers, send what numpy.save or tifffile writes"
    }
  }
}

extension Collection<UInt8> where Self: RandomAccessCollection, Index == Int {
  fileprivate func contains(_ word: String) -> Bool {
    let word = Array(word.utf8)
    return indices.dropLast(word.count - 1).contains { place in
      self[place..<place + word.count].elementsEqual(word)
    }
  }
}
