import Files
import HTTPTypes
import Imaging
import Support
import Testing

/// A query to a stored field or image that must be refused, with the expected problem.
///
/// `{id}` in its path is a field of `BadInput.picture`, `{none}` one that does not exist.
struct BadQuestion: Sendable, CustomTestStringConvertible {
  let method: HTTPRequest.Method
  let target: String
  var type: String?
  var body: [UInt8] = []
  let status: Int
  let kind: String

  init(
    _ method: HTTPRequest.Method, _ target: String, type: String? = nil, body: [UInt8] = [],
    _ status: Int, _ kind: String
  ) {
    (self.method, self.target, self.type) = (method, target, type)
    (self.body, self.status, self.kind) = (body, status, kind)
  }

  var testDescription: String {
    "\(method) \(target) with \(SHA256.digest(of: body).description.prefix(8)): \(kind)"
  }

  static let all: [BadQuestion] = settled + wrong + absent + makings + images + samples + maps

  /// Options that the field or the path determines.
  static let settled: [BadQuestion] = [
    "features?model=stub14", "pca?quality=draft", "cls?image=sha256-\(BadInput.zeros)",
    "features?output=features", "pca?output=pca", "attention?output=pca", "cls?output=cls",
    "foreground?output=pca", "similarity?x=1&y=1&output=similarity",
  ].map { BadQuestion(.get, "/fields/{id}/\($0)", 400, "fixed-parameter") }

  /// Options that a resource does not have, or not with that value.
  static let wrong: [BadQuestion] = {
    let entries: [(String, Int, String)] = [
      ("features?nonsense=1", 400, "unknown-parameter"),
      ("features?x=1", 400, "conflicting-parameters"), ("?stride=4", 400, "unknown-parameter"),
      ("?nonsense", 400, "unknown-parameter"), ("pca?stride=4&stride=4", 400, "repeated-parameter"),
      ("features?stride=0", 400, "invalid-parameter"), ("cls?layer=3", 400, "invalid-parameter"),
      ("pca?components=7&format=npy", 400, "invalid-parameter"),
      ("features?%", 400, "malformed-query"),
      ("?%zz", 400, "malformed-query"),
      ("features?attention=softmax", 400, "conflicting-parameters"),
      ("features?format=png", 400, "conflicting-parameters"),
      ("features?points=1,1&region=0,0,2,2", 400, "conflicting-parameters"),
      ("features?basis={id}", 400, "conflicting-parameters"),
      ("attention?components=1", 400, "conflicting-parameters"),
      ("cls?grid=patch", 400, "conflicting-parameters"),
      ("foreground?components=2", 400, "conflicting-parameters"),
      ("saliency?method=most", 400, "invalid-parameter"),
      ("saliency?centre=1", 400, "invalid-parameter"),
      ("saliency?tau=2", 400, "invalid-parameter"), ("boxes?tau=nan", 400, "invalid-parameter"),
      ("boxes?method=lost&tau=0", 400, "conflicting-parameters"),
      ("boxes?clean=guided", 400, "conflicting-parameters"),
      ("saliency?clean=guided&format=npy", 400, "conflicting-parameters"),
      ("boxes?format=png", 400, "conflicting-parameters"),
      ("saliency?region=1,1,20,1", 422, "outside"),
      ("foreground?format=npy", 400, "conflicting-parameters"),
      ("similarity?x=1&y=1&region=0,0,2,2", 400, "conflicting-parameters"),
      ("similarity?x=1&y=1&grid=patch", 400, "conflicting-parameters"),
      ("similarity", 400, "no-point"), ("similarity?x=1", 400, "no-point"),
      ("similarity?y=1", 400, "no-point"), ("similarity?x=1&y=1&x=1", 400, "repeated-parameter"),
      ("similarity?x=1&points=1,1", 400, "conflicting-parameters"),
      ("similarity?x=1&y=1&y=2", 400, "repeated-parameter"),
      ("similarity?x=1&y=1&points=1,1", 400, "conflicting-parameters"),
      ("similarity?x=a&y=1", 400, "invalid-parameter"),
      ("similarity?x=1;2,3&y=1", 400, "invalid-parameter"),
      ("similarity?points=", 400, "invalid-parameter"), ("similarity?x=20&y=0", 422, "outside"),
      ("similarity?points=1,1;0,30", 422, "outside"), ("features?region=1,1,20,1", 422, "outside"),
      ("features?points=0,30", 422, "outside"), ("foreground?region=20,30,1,1", 422, "outside"),
      ("features?rotations=quarter", 422, "not-square"), ("cls?page=1", 422, "no-such-page"),
      ("features?components=1&basis={none}", 404, "no-such-field"),
    ]
    return entries.map { target, status, kind in
      let slash = target.hasPrefix("?") ? "" : "/"
      return BadQuestion(.get, "/fields/{id}\(slash)\(target)", status, kind)
    }
  }()

  static let absent: [BadQuestion] =
    [
      "", "/features", "/pca?format=npy", "/attention", "/cls", "/foreground",
      "/similarity?x=1&y=1",
    ].map { BadQuestion(.get, "/fields/{none}\($0)", 404, "no-such-field") } + [
      BadQuestion(.post, "/fields/{none}/sample", body: [], 404, "no-such-field"),
      BadQuestion(.post, "/fields/{none}/project", body: [], 404, "no-such-field"),
      BadQuestion(.get, "/images/sha256-{none}", 404, "no-such-image"),
      BadQuestion(.head, "/images/sha256-{none}", 404, "no-such-image"),
      BadQuestion(.delete, "/images/sha256-{none}", 404, "no-such-image"),
    ]

  /// Cases of `POST /fields`.
  static let makings: [BadQuestion] =
    [
      "output=pca", "grid=patch", "attention=softmax", "components=2", "basis={none}",
      "normalise=l2", "region=0,0,2,2", "points=1,1", "dtype=float16", "format=npy",
    ].map {
      BadQuestion(
        .post, "/fields?\($0)", body: BadInput.picture, 400, "parameter-not-applicable-here")
    }
    + [
      BadQuestion(.post, "/fields", 400, "no-image"),
      BadQuestion(.post, "/fields?image=sha256-{none}", 404, "no-such-image"),
      BadQuestion(.post, "/fields?image=sha256-{none}", body: BadInput.picture, 400, "two-images"),
      BadQuestion(.post, "/fields?image={none}", 400, "invalid-parameter"),
      BadQuestion(.post, "/fields?nonsense=1", body: BadInput.picture, 400, "unknown-parameter"),
      BadQuestion(.post, "/fields?model=missing", body: BadInput.picture, 422, "weights-missing"),
      BadQuestion(.post, "/fields?model=none", body: BadInput.picture, 400, "unknown-model"),
      BadQuestion(.post, "/fields?rotations=quarter", body: BadInput.oblong, 422, "not-square"),
      BadQuestion(.post, "/fields", body: Array("text".utf8), 422, "unrecognised-image"),
      BadQuestion(
        .post, "/fields", type: Form.type,
        body: Form().with("image", BadInput.picture).with("output", "pca").bytes, 400,
        "parameter-not-applicable-here"),
      BadQuestion(.post, "/fields", type: Form.type, body: Form().bytes, 400, "no-image"),
      BadQuestion(.post, "/fields", type: Form.type, body: [], 400, "malformed-form"),
    ]

  static let images: [BadQuestion] = [
    BadQuestion(.put, "/images/sha256-{none}", body: BadInput.picture, 422, "another-digest"),
    BadQuestion(.put, "/images/sha256-{none}", 422, "unrecognised-image"),
    BadQuestion(.put, "/images/sha256-{none}", body: Array("text".utf8), 422, "unrecognised-image"),
    BadQuestion(.post, "/images", 422, "unrecognised-image"),
    BadQuestion(.post, "/images", body: Array(BadInput.picture.prefix(20)), 422, "truncated-image"),
    BadQuestion(
      .post, "/images", type: Form.type, body: Form().with("image", BadInput.picture).bytes, 422,
      "unrecognised-image"),
    BadQuestion(
      .post, "/images", body: BadInput.picture + Array(repeating: 0, count: 1 << 20), 413,
      "image-too-large"),
    BadQuestion(
      .put, "/images/sha256-{none}", body: Array(repeating: 0, count: 2 << 20 | 1), 413,
      "body-too-large"),
  ]

  /// Bodies to be sampled.
  static let samples: [BadQuestion] = {
    let point = Array(#"{"points": [[1, 2]]}"#.utf8)
    let many = (0...5000).map { _ in [Int32(1), 1] }
    let shape = "wrong-shape"
    let texts: [(String, String)] = [
      ("", "unrecognised-points"), ("text", "unrecognised-points"),
      ("[[1, 2]]", "unrecognised-points"), ("{", "malformed-points"), ("{}", "malformed-points"),
      (#"{"points": [[1]]}"#, "malformed-points"),
      (#"{"points": [[1, 2, 3]]}"#, "malformed-points"),
      (#"{"points": [[1.5, 2]]}"#, "malformed-points"), (#"{"points": "1,2"}"#, "malformed-points"),
      (#"{"points": [["1", "2"]]}"#, "malformed-points"),
      (#"{"points": [[1e99, 2]]}"#, "malformed-points"),
      (#"{"points": null}"#, "malformed-points"), (#"{"points": []}"#, "no-points"),
      (#"{"points": [[-1, 2]]}"#, "outside"), (#"{"points": [[20, 2]]}"#, "outside"),
      (#"{"points": [[2147483647, -2147483648]]}"#, "outside"),
      (String(repeating: #"{"points":"#, count: 5000), "malformed-points"),
    ]
    let bodies: [([UInt8], String)] = [
      (Array(npy(points: [[1, 2]]).dropLast()), "unreadable-array"),
      (Array(npy(points: [[1, 2]]).prefix(9)), "unreadable-array"),
      (npy(floats: [1, 2], [1, 2]), "unreadable-array"),
      (npy("<i4", [2], [0, 0, 0, 0, 0, 0, 0, 0]), shape),
      (npy("<i4", [0, 2], []), "no-points"),
      (npy("<i4", [1, 3], Array(repeating: 0, count: 12)), shape),
      (npy(points: [[20, 0]]), "outside"), (npy(points: [[-1, 0]]), "outside"),
      (npy(points: many), "too-many-points"),
      (npy("<i4", [1 << 40, 2], []), "unreadable-array"),
      (labels(21, 30, 1), shape), (labels(20, 30, 0), "no-points"), (BadInput.picture, shape),
      (Array(labels(20, 30, 1).dropLast(20)), "unrecognised-points"),
    ]
    let long = Array("{".utf8) + [UInt8](repeating: 0x20, count: 1 << 20)
    return [BadQuestion(.post, "/fields/{id}/sample", body: long, 413, "too-much-json")]
      + texts.map { BadQuestion(.post, "/fields/{id}/sample", body: Array($0.utf8), 422, $1) }
      + bodies.map { BadQuestion(.post, "/fields/{id}/sample", body: $0, 422, $1) }
      + [
        ("points=1,1", "conflicting-parameters"), ("region=0,0,2,2", "conflicting-parameters"),
        ("output=features", "fixed-parameter"), ("format=tiff", "conflicting-parameters"),
        ("format=png", "conflicting-parameters"), ("attention=key", "conflicting-parameters"),
        ("nonsense=1", "unknown-parameter"),
      ].map { BadQuestion(.post, "/fields/{id}/sample?\($0)", body: point, 400, $1) }
  }()

  /// A picture of one label.
  private static func labels(_ width: Int, _ height: Int, _ label: UInt8) -> [UInt8] {
    let size = Size(width: width, height: height)
    let samples = Array(repeating: label, count: width * height)
    return (try? Raster(size: size, channels: 1, samples: .uint8(samples)).png()) ?? []
  }

  /// Malformed linear maps.
  static let maps: [BadQuestion] = {
    let map = npy(floats: Array(repeating: 1, count: 12), [2, 6])
    let weight = bytes(of: Array(repeating: 1, count: 12))
    let tensors = fileBytes(
      header: "{\(member("weight", "F32", [2, 6], 0, 48)),\(member("bias", "F32", [3], 48, 60))}",
      data: weight + bytes(of: [1, 2, 3]))
    let bodies: [([UInt8], String)] = [
      ([], "unreadable-array"), (Array("text".utf8), "unreadable-array"),
      (BadInput.picture, "unreadable-array"), (Array(map.dropLast()), "unreadable-array"),
      (npy(floats: [1, 2, 3, 4, 5, 6], [6]), "wrong-shape"),
      (npy(floats: Array(repeating: 1, count: 10), [2, 5]), "wrong-shape"),
      (npy(floats: [], [0, 6]), "wrong-shape"),
      (npy(floats: Array(repeating: 1, count: 257 * 6), [257, 6]), "too-many-rows"),
      (npy(floats: [.nan, 1, 1, 1, 1, 1], [1, 6]), "not-finite"),
      (npy(floats: [.infinity, 1, 1, 1, 1, 1], [1, 6]), "not-finite"),
      (npy(floats: [1e30, 1, 1, 1, 1, 1], [1, 6]), "not-finite"),
      (tensors, "wrong-shape"),
      (
        fileBytes(header: "{\(member("w", "F32", [2, 6], 0, 48))}", data: weight),
        "unreadable-array"
      ),
    ]
    return bodies.map { BadQuestion(.post, "/fields/{id}/project", body: $0, 422, $1) }
      + [
        ("output=features", "invalid-parameter"), ("components=2", "conflicting-parameters"),
        ("normalise=l2", "conflicting-parameters"), ("format=png", "conflicting-parameters"),
        ("output=labels&dtype=float16", "conflicting-parameters"),
        ("output=labels&format=tiff", "conflicting-parameters"),
        ("output=labels&format=png&points=1,1", "conflicting-parameters"),
        ("model=stub14", "fixed-parameter"),
      ].map { BadQuestion(.post, "/fields/{id}/project?\($0)", body: map, 400, $1) }
  }()
}

@Suite("Bad queries") struct BadQuestionTests {
  @Test func `Bad queries: there are many cases, each with a unique name`() {
    #expect(BadQuestion.all.count >= 100)
    #expect(Set(BadQuestion.all.map(\.testDescription)).count == BadQuestion.all.count)
  }

  @Test(arguments: BadQuestion.all)
  func `Bad queries: each case is refused with its own status and kind`(
    question: BadQuestion
  ) async throws {
    let exchange = StubService()
    let field = try await exchange.field(BadInput.picture)
    let target = question.target.replacing("{id}", with: field)
      .replacing("{none}", with: BadInput.zeros)
    let outcome = try await exchange.send(
      question.method, target, type: question.type, question.body)
    #expect(outcome.status == question.status)
    #expect(try ProblemDocument(outcome, question.testDescription).kind == question.kind)
  }

  @Test(arguments: 0..<20)
  func `Bad queries: random bytes posted to a field or as an image never cause a 5xx`(seed: Int)
    async throws
  {
    var noise = Noise(seed: UInt64(seed))
    let exchange = StubService()
    let field = try await exchange.field(BadInput.picture)
    let sound: [[UInt8]] = [
      npy(points: [[1, 2], [3, 4]]), Array(#"{"points": [[1, 2], [3, 4]]}"#.utf8),
      npy(floats: Array(repeating: 1, count: 12), [2, 6]), BadInput.picture,
      fileBytes(
        header: "{\(member("weight", "F32", [1, 6], 0, 24))}",
        data: bytes(of: Array(repeating: 1, count: 6))),
    ]
    for _ in 0..<40 {
      guard var bytes = sound.randomElement(using: &noise) else { continue }
      for _ in 0..<Int.random(in: 0...6, using: &noise) {
        bytes[Int.random(in: bytes.indices, using: &noise)] =
          UInt8.random(in: .min ... .max, using: &noise)
      }
      bytes = Array(bytes.prefix(Int.random(in: 0...2 * bytes.count, using: &noise)))
      for path in ["/fields/\(field)/sample", "/fields/\(field)/project", "/images", "/fields"] {
        let outcome = try await exchange.send(.post, path, bytes)
        if outcome.status < 300 { continue }
        let problem = try ProblemDocument(outcome, path)
        #expect([400, 413, 415, 422].contains(problem.status), "\(path): \(problem.detail)")
      }
    }
  }
}
