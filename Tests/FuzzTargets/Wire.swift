import HTTP1

/// Requests and forms.
enum Wire {
  /// What is said of the bytes is the same when they are cut where their first one says.
  static func complaint(about bytes: [UInt8], before prefix: String) -> String? {
    let all = Array(prefix.utf8) + bytes
    let whole = told([all[...]])
    let cut = min(all.count, prefix.utf8.count + Int(bytes.first ?? 0))
    guard told([all[..<cut], all[cut...]]) == whole else { return "cut at \(cut)" }
    let single = told(all.indices.map { all[$0...$0] })
    return single == whole ? nil : "byte by byte"
  }

  /// What a parser says until it gives up, adjacent parts of a body joined.
  private static func told(_ pieces: [ArraySlice<UInt8>]) -> [String] {
    var parser = RequestParser(limits: ProtocolLimits())
    var told: [String] = []
    var body: [UInt8] = []
    var received = 0
    do throws(ProtocolViolation) {
      for piece in pieces {
        received += piece.count
        parser.receive(piece)
        while let event = try parser.next() {
          if case .body(let bytes) = event {
            body += bytes
            continue
          }
          if case .head = event { parser.limitBody(to: 1 << 16) }
          told.append("\(body) \(event)")
          body = []
        }
        if parser.buffered > received { return ["more is buffered than came"] }
      }
      told.append("\(body) \(parser.isIdle)")
    } catch {
      told.append("\(body) \(error)")
    }
    return told
  }

  /// Parts lie within the body, one behind the other.
  static func complaint(aboutForm bytes: [UInt8]) -> String? {
    guard
      let form = try? MultipartForm(
        body: bytes, contentType: "multipart/form-data; boundary=b")
    else { return nil }
    var end = 0
    for part in form.parts {
      guard part.range.lowerBound >= end, part.range.upperBound <= bytes.count else {
        return "\(part.name) lies at \(part.range)"
      }
      end = part.range.upperBound
    }
    return nil
  }
}
