import HTTP1
import Testing

@Suite("Media preferences") struct MediaPreferencesTests {
  static let offered = ["application/x-npy", "application/octet-stream", "image/png"]

  static let cases: [(String?, String?)] = [
    (nil, "application/x-npy"), ("", "application/x-npy"), ("*/*", "application/x-npy"),
    ("image/png", "image/png"), ("IMAGE/PNG", "image/png"), ("image/*", "image/png"),
    ("application/*", "application/x-npy"), ("text/html", nil), ("text/*, audio/*;q=0.1", nil),
    ("text/html, */*;q=0.8", "application/x-npy"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", offered[0]),
    ("image/avif,image/webp,image/*,*/*;q=0.8", "image/png"),
    ("image/png;q=0.5, application/octet-stream;q=0.6", "application/octet-stream"),
    ("image/png;q=0.5, application/octet-stream;q=0.5", "application/octet-stream"),
    // The more specific range decides, even if its weight is smaller.
    ("*/*;q=1, application/*;q=0.5, application/x-npy;q=0.1", "image/png"),
    ("*/*, application/x-npy;q=0", "application/octet-stream"),
    ("application/*;q=0, */*;q=0.001", "image/png"), ("*/*;q=0", nil), ("image/png;q=0.000", nil),
    ("image/png ; q=0.2 ,\tapplication/octet-stream ; q=0.1", "image/png"),
    (",,image/png,,", "image/png"), ("image/png;Q=1", "image/png"),
    // A range with parameters matches other types than these.
    ("image/png;level=1", nil), ("image/png;level=1, */*;q=0.1", "application/x-npy"),
    (#"text/plain;a="b,image/png;q=1", application/octet-stream"#, "application/octet-stream"),
    (#"text/plain;a="\",image/png", application/octet-stream"#, "application/octet-stream"),
    // Malformed members are ignored, and without any valid one every type is accepted.
    ("image, image/, /png, */png, image/png/x", "application/x-npy"),
    ("nonsense, image/png", "image/png"), ("image/png;q=2", "application/x-npy"),
    ("image/png;q=0.0001, application/octet-stream;q=0.1", "application/octet-stream"),
    ("image/png;q=1.001", "application/x-npy"), ("image/png;q=-1", "application/x-npy"),
    ("image/png;q=.5", "application/x-npy"), ("image/png;q=", "application/x-npy"),
    ("image/png;q=1., application/octet-stream;q=0.", "image/png"),
  ]

  @Test(arguments: cases)
  func `MediaPreferences: the most preferred type is chosen`(accept: String?, expected: String?) {
    #expect(MediaPreferences(accept).best(of: Self.offered) == expected)
  }

  /// Source: RFC 9110 §12.5.1, its example without the ranges that have parameters.
  @Test func `MediaPreferences: the RFC's weights order the types`() {
    let accept = "text/*;q=0.3, text/plain;q=0.7, */*;q=0.5"
    var left = ["text/html", "text/plain", "image/jpeg"]
    for expected in ["text/plain", "image/jpeg", "text/html"] {
      #expect(MediaPreferences(accept).best(of: left) == expected)
      left.removeAll { $0 == expected }
    }
  }

  @Test func `MediaPreferences: a single range chooses what it matches, whatever its weight`() {
    for weight in ["1", "1.000", "0.5", "0.001"] {
      for type in Self.offered {
        #expect(MediaPreferences("\(type);q=\(weight)").best(of: Self.offered) == type)
      }
    }
    #expect(MediaPreferences("*/*").best(of: []) == nil)
  }
}
