import Imaging
import Support
import Testing

/// A request that must be refused, with the expected problem.
struct BadInput: Sendable, CustomTestStringConvertible {
  let name: String
  var query = ""
  var type: String?
  let body: [UInt8]
  let status: Int
  /// The last part of the problem's `type`.
  let kind: String

  var testDescription: String { name }

  static let picture = (try? Raster.noise(20, 30).png()) ?? []
  static let oblong = (try? Raster.noise(28, 30).png()) ?? []

  static let all: [BadInput] =
    images + liars + limits + options + conflicts + places + escapes + forms

  /// Bodies that are not images, or incomplete ones.
  static let images: [BadInput] = {
    let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]
    let bodies: [(String, [UInt8], String)] = [
      ("text", Array("Hello, is this an image?".utf8), "unrecognised-image"),
      ("one byte", [0x89], "unrecognised-image"),
      ("zeros", Array(repeating: 0, count: 4096), "unrecognised-image"),
      ("ones", Array(repeating: 0xFF, count: 4096), "unrecognised-image"),
      ("base64 of a PNG", Array("iVBORw0KGgoAAAANSUhEUg==".utf8), "unrecognised-image"),
      ("a GIF", Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0, 0x3B], "damaged-image"),
      ("a BMP", Array("BM".utf8) + Array(repeating: 0, count: 60), "unrecognised-image"),
      ("a WebP", Array("RIFF\u{4}\0\0\0WEBPVP8 ".utf8), "damaged-image"),
      ("a blank before a PNG", [0x20] + picture, "unrecognised-image"),
      ("a PNG through text mode", [0x89, 0x50, 0x4E, 0x47, 10, 26, 10], "unrecognised-image"),
      ("a PNG's signature alone", png, "truncated-image"),
      ("a JPEG's signature alone", [0xFF, 0xD8, 0xFF, 0xE0], "truncated-image"),
      ("a TIFF's signature alone", Array("II*\0".utf8), "truncated-image"),
      ("a big-endian TIFF's signature alone", Array("MM\0*".utf8), "truncated-image"),
      ("a BigTIFF's signature alone", Array("II+\0".utf8), "truncated-image"),
      ("half a PNG", Array(picture.prefix(picture.count / 2)), "truncated-image"),
      ("a PNG with a wrong sum", wrongSum, "damaged-image"),
      ("noise behind a PNG's signature", png + noise, "damaged-image"),
    ]
    let foreign: [(String, [UInt8])] = [
      ("HTML", Array("<!DOCTYPE html><title>x</title>".utf8)),
      ("JSON", Array(#"{"image": "iVBORw0KGgo="}"#.utf8)),
      ("an SVG", Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8)),
      ("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0]),
    ]
    return [BadInput(name: "no body", body: [], status: 400, kind: "no-image")]
      + foreign.map { BadInput(name: $0.0, body: $0.1, status: 415, kind: "foreign-format") }
      + bodies.map { BadInput(name: $0.0, body: $0.1, status: 422, kind: $0.2) }
  }()

  private static let noise: [UInt8] = {
    var noise = Noise(seed: 11)
    return (0..<2000).map { _ in UInt8.random(in: .min ... .max, using: &noise) }
  }()

  private static var wrongSum: [UInt8] {
    var bytes = picture
    bytes[29] ^= 1
    return bytes
  }

  /// Headers that promise missing or implausible data.
  static let liars: [BadInput] = {
    let jpeg = (try? fixture("rgb.jpg")) ?? []
    var huge = ForgedTIFF()
    huge.set(256, 4000)
    huge.set(257, 4000)
    var flat = ForgedTIFF()
    flat.set(256, 0)
    var many = ForgedTIFF()
    many.tags[277] = (3, [17])
    many.tags[258] = (3, [UInt32](repeating: 8, count: 17))
    var short = ForgedTIFF()
    short.set(257, 1000)
    short.set(278, 1000)
    short.set(279, 4000)
    let wide = ForgedTIFF(floats: Array(repeating: 1e30, count: 4), width: 2, height: 2).bytes
    let entries: [(String, String, [UInt8], Int, String)] = [
      ("a PNG of 4000×4000", "", png(picture, width: 4000, height: 4000), 413, "too-many-pixels"),
      (
        "a JPEG of 4000×4000", "", Support.jpeg(jpeg, width: 4000, height: 4000), 413,
        "too-many-pixels"
      ),
      ("a TIFF of 4000×4000", "", huge.bytes, 413, "too-many-pixels"),
      ("a PNG of 65535×65535", "", png(picture, width: 65535, height: 65535), 413, "side-too-long"),
      (
        "a JPEG of 65535×65535", "", Support.jpeg(jpeg, width: 65535, height: 65535), 413,
        "side-too-long"
      ),
      (
        "a PNG of 2³¹−1 columns", "", png(picture, width: 0x7FFF_FFFF, height: 1), 413,
        "side-too-long"
      ),
      ("a PNG without columns", "", png(picture, width: 0, height: 30), 422, "damaged-image"),
      (
        "a JPEG without rows", "", Support.jpeg(jpeg, width: 17, height: 0), 422,
        "unsupported-image"
      ),
      ("a TIFF without columns", "", flat.bytes, 422, "damaged-image"),
      ("a TIFF of endless pages", "", endlessPages, 422, "damaged-image"),
      ("a TIFF of 17 samples a pixel", "", many.bytes, 422, "channel-needed"),
      ("a TIFF with too few bytes", "", short.bytes, 422, "truncated-image"),
      ("a JPEG of 1000 scans", "", Support.jpeg(scans: 1000), 422, "damaged-image"),
      ("pixels that are no numbers", "", floats([.nan, 1, 2, 3]), 422, "not-finite"),
      ("pixels without end", "", floats([1, .infinity, 2, 3]), 422, "not-finite"),
      ("pixels too large to compute with", "scale=none", wide, 422, "not-finite"),
      ("a page that is not there", "page=1", picture, 422, "no-such-page"),
      ("the last page there could be", "page=2147483647", loopless, 422, "no-such-page"),
    ]
    return entries.map {
      BadInput(name: $0.0, query: $0.1, body: $0.2, status: $0.3, kind: $0.4)
    }
  }()

  private static let loopless = ForgedTIFF().bytes

  private static func floats(_ values: [Float]) -> [UInt8] {
    ForgedTIFF(floats: values, width: 2, height: 2).bytes
  }

  /// A chain of pages, each an empty directory that points to the next.
  private static var endlessPages: [UInt8] {
    var bytes = Array("II*\0".utf8) + [8, 0, 0, 0]
    let entry: [UInt8] = [0, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    for page in 1...5000 {
      let next = UInt32(8 + page * 18)
      bytes += [1, 0] + entry + bigEndian(next).reversed()
    }
    return bytes
  }

  /// Valid images with options beyond the limits.
  static let limits: [BadInput] = {
    let big = (try? Raster.noise(500, 500, channels: 1).png()) ?? []
    let entries: [(String, String, [UInt8], Int, String)] = [
      ("too many tokens", "stride=1&flips=none", big, 422, "too-many-tokens"),
      ("too many views", "shifts=1,2,3&flips=both", picture, 422, "too-many-views"),
      ("too much work", "stride=12&shifts=1,2&flips=both", big, 422, "too-much-work"),
      ("turns of what is no square", "rotations=quarter", oblong, 422, "not-square"),
      ("cropped to nothing", "fit=crop", sliver, 422, "smaller-than-patch"),
      ("cropped to less than its patch", "fit=crop&model=stub16", thin, 422, "smaller-than-patch"),
      ("larger than the frame", "fit=frame", big, 422, "larger-than-frame"),
      (
        "a file of too many bytes", "", picture + Array(repeating: 0, count: 1 << 20), 413,
        "image-too-large"
      ),
      (
        "a body of too many bytes", "", picture + Array(repeating: 0, count: 2 << 20), 413,
        "body-too-large"
      ),
      ("weights that are not here", "model=missing", picture, 422, "weights-missing"),
      ("weights that are none", "model=broken", picture, 503, "weights-refused"),
    ]
    return entries.map {
      BadInput(name: $0.0, query: $0.1, body: $0.2, status: $0.3, kind: $0.4)
    }
  }()

  private static let sliver = (try? Raster.noise(13, 40).png()) ?? []
  private static let thin = (try? Raster.noise(15, 40).png()) ?? []

  static let options: [BadInput] = {
    let queries: [(String, String)] = [
      ("nonsense=1", "unknown-parameter"), ("nonsense", "unknown-parameter"),
      ("Stride=4", "unknown-parameter"), ("stride%20=4", "unknown-parameter"),
      ("__proto__=1", "unknown-parameter"), ("callback=x", "unknown-parameter"),
      ("stride=4&stride=4", "repeated-parameter"), ("page=0&page=1", "repeated-parameter"),
      ("stride", "invalid-parameter"), ("stride=", "invalid-parameter"),
      ("stride=0", "invalid-parameter"), ("stride=15", "invalid-parameter"),
      ("stride=-1", "invalid-parameter"), ("stride=%2B4", "invalid-parameter"),
      ("stride=+4", "invalid-parameter"), ("stride=4.0", "invalid-parameter"),
      ("stride=1e1", "invalid-parameter"), ("stride=0x4", "invalid-parameter"),
      ("stride=" + String(repeating: "9", count: 1000), "invalid-parameter"),
      ("stride=%EF%BC%94", "invalid-parameter"), ("shifts=0", "invalid-parameter"),
      ("shifts=257", "invalid-parameter"), ("shifts=1,1", "invalid-parameter"),
      ("shifts=1,,2", "invalid-parameter"), ("shifts=1,2,3,4,5,6,7,8,9", "invalid-parameter"),
      ("shifts=" + String(repeating: "1,", count: 2000), "invalid-parameter"),
      ("neighbourhood=all", "invalid-parameter"), ("flips=BOTH", "invalid-parameter"),
      ("rotations=90", "invalid-parameter"), ("upsample=bicubic", "invalid-parameter"),
      ("alignment=centre", "invalid-parameter"), ("fit=stretch", "invalid-parameter"),
      ("page=-1", "invalid-parameter"), ("page=2147483648", "invalid-parameter"),
      ("page=18446744073709551616", "invalid-parameter"), ("scale=1,1", "invalid-parameter"),
      ("scale=nan,1", "invalid-parameter"), ("scale=0,inf", "invalid-parameter"),
      ("scale=1e999,2e999", "invalid-parameter"), ("grid=patches", "invalid-parameter"),
      ("dtype=float64", "invalid-parameter"), ("format=jpeg", "invalid-parameter"),
      ("output=everything", "invalid-parameter"), ("quality=best", "invalid-parameter"),
      ("quality=standard%00", "malformed-query"), ("model=", "unknown-model"),
      ("model=../../etc/passwd", "unknown-model"), ("model=%2Fdev%2Fzero", "unknown-model"),
      ("model=<script>", "unknown-model"), ("format=numpy", "invalid-parameter"),
      ("layer=3", "invalid-parameter"), ("layer=-4", "invalid-parameter"),
      ("layer=first", "invalid-parameter"), ("layer=-", "invalid-parameter"),
      ("facet=keys", "invalid-parameter"), ("output=attention&attention=all", "invalid-parameter"),
      ("components=0", "invalid-parameter"), ("components=7", "invalid-parameter"),
      ("components=2&basis=00", "invalid-parameter"), ("normalise=l1", "invalid-parameter"),
      ("resize=0", "invalid-parameter"), ("resize=65536", "invalid-parameter"),
      ("region=0,0,0,9", "invalid-parameter"), ("region=0,0,9", "invalid-parameter"),
      ("region=-1,0,9,9", "invalid-parameter"), ("points=1", "invalid-parameter"),
      ("points=", "invalid-parameter"), ("points=1,1;", "invalid-parameter"),
      ("points=" + String(repeating: "1,1;", count: 1000) + "1,1", "invalid-parameter"),
      ("image=sha256-00", "invalid-parameter"), ("image=" + zeros, "invalid-parameter"),
      ("image=sha256-" + zeros, "two-images"), ("output=similarity", "invalid-parameter"),
    ]
    return queries.map {
      BadInput(
        name: "?\($0.0.prefix(40))", query: $0.0, body: picture, status: 400, kind: $0.1)
    }
  }()

  /// The digest of a field or an image that does not exist.
  static let zeros = String(repeating: "0", count: 64)

  /// Options that are valid separately.
  static let conflicts: [BadInput] = [
    "format=png", "output=pca&format=png&dtype=float16", "output=pca&format=png&components=2",
    "output=pca&format=png&points=1,1",
    "output=pca&format=png&normalise=l2", "points=1,1&region=0,0,2,2", "points=1,1&format=tiff",
    "attention=softmax", "output=cls&region=0,0,2,2", "output=cls&grid=patch",
    "output=cls&format=tiff", "output=foreground&format=npy", "output=foreground&dtype=float16",
    "output=attention&components=2", "basis=" + zeros,
  ].map {
    BadInput(
      name: "?\($0.prefix(40))", query: $0, body: picture, status: 400,
      kind: "conflicting-parameters")
  }

  /// Fields and images that do not exist, or places outside the picture.
  static let places: [BadInput] = {
    let entries: [(String, [UInt8], Int, String)] = [
      ("region=0,0,21,30", picture, 422, "outside"), ("region=20,0,1,1", picture, 422, "outside"),
      ("region=0,0,9999999999,9999999999", picture, 422, "outside"),
      ("points=20,0", picture, 422, "outside"), ("points=1,1;0,30", picture, 422, "outside"),
      ("points=9999999999,9999999999", picture, 422, "outside"),
      ("grid=patch&points=9,9", picture, 422, "outside"),
      ("resize=10&points=0,10", picture, 422, "outside"),
      ("resize=4096", picture, 413, "too-many-pixels"),
      ("resize=65535", picture, 413, "side-too-long"),
      ("components=2&basis=" + zeros, picture, 404, "no-such-field"),
      ("image=sha256-" + zeros, [], 404, "no-such-image"),
    ]
    return entries.map {
      BadInput(
        name: "?\($0.0.prefix(40)) of \($0.1.count) bytes", query: $0.0, body: $0.1,
        status: $0.2, kind: $0.3)
    }
  }()

  static let escapes: [BadInput] = {
    let many = (0..<65).map { "a\($0)=1" }.joined(separator: "&")
    let queries: [(String, String)] = [
      ("%", "malformed-query"), ("stride=%", "malformed-query"), ("stride=%4", "malformed-query"),
      ("stride=%zz", "malformed-query"), ("stride=%-4", "malformed-query"),
      ("stride=%ff", "malformed-query"), ("stride=%c0%b4", "malformed-query"),
      ("stride=%ed%a0%80", "malformed-query"), ("stride=%f4%90%80%80", "malformed-query"),
      ("%00=1", "malformed-query"), ("=1", "malformed-query"), ("&&=", "malformed-query"),
      (many, "too-many-parameters"),
    ]
    return queries.map {
      BadInput(
        name: "?\($0.0.prefix(40))", query: $0.0, body: picture, status: 400, kind: $0.1)
    }
  }()

  static let forms: [BadInput] = {
    let sound = Form().with("image", picture)
    let form = "malformed-form"
    let entries: [(String, String, [UInt8], Int, String)] = [
      ("a form without an image", Form.type, Form().with("stride", "4").bytes, 400, "no-image"),
      ("a form without parts", Form.type, Form().bytes, 400, "no-image"),
      (
        "an image called another name", Form.type, Form().with("file", picture).bytes, 413,
        "option-too-long"
      ),
      ("an empty image", Form.type, Form().with("image", "").bytes, 400, "no-image"),
      (
        "text as the image", Form.type, Form().with("image", "text").bytes, 422,
        "unrecognised-image"
      ),
      ("two images", Form.type, sound.with("image", picture).bytes, 400, form),
      ("no boundary", "multipart/form-data", sound.bytes, 400, form),
      ("an empty boundary", "multipart/form-data; boundary=", sound.bytes, 400, form),
      (
        "a boundary of 71 letters",
        "multipart/form-data; boundary=" + String(repeating: "x", count: 71), sound.bytes, 400, form
      ),
      ("another boundary", "multipart/form-data; boundary=other", sound.bytes, 400, form),
      ("another kind of form", "multipart/mixed; boundary=edge", sound.bytes, 400, form),
      ("a form that ends early", Form.type, Array(sound.bytes.dropLast(8)), 400, form),
      ("an empty body for a form", Form.type, [], 400, form),
      ("an image for a form", Form.type, picture, 400, form),
      (
        "a part without a name", Form.type,
        Array("--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n--edge--".utf8), 400, form
      ),
      ("a part without a header", Form.type, Array("--edge\r\n\r\nx\r\n--edge--".utf8), 400, form),
      (
        "a part in base64", Form.type,
        Form().with("image", picture, fields: "Content-Transfer-Encoding: base64\r\n").bytes, 400,
        form
      ),
      (
        "a thousand parts", Form.type,
        (0..<1000).reduce(into: Form()) { $0 = $0.with("a\($1)", "1") }.bytes, 413,
        "too-many-parts"
      ),
      (
        "a part with a long header", Form.type,
        Form().with("image", picture, fields: "X: " + String(repeating: "x", count: 9000) + "\r\n")
          .bytes, 413, "part-header-too-large"
      ),
      (
        "an option of two kilobytes", Form.type,
        sound.with("stride", String(repeating: "4", count: 2048)).bytes, 413, "option-too-long"
      ),
      ("an option that is no UTF-8", Form.type, sound.with("stride", [0xFF]).bytes, 400, form),
      (
        "a bad option in a form", Form.type, sound.with("stride", "0").bytes, 400,
        "invalid-parameter"
      ),
      (
        "an unknown option in a form", Form.type, sound.with("nonsense", "0").bytes, 400,
        "unknown-parameter"
      ),
      (
        "a line's end in an option", Form.type, sound.with("stride", "4\r\n").bytes, 400,
        "invalid-parameter"
      ),
    ]
    return entries.map {
      BadInput(name: $0.0, type: $0.1, body: $0.2, status: $0.3, kind: $0.4)
    } + [
      BadInput(
        name: "an option in the query and in the form", query: "stride=4", type: Form.type,
        body: sound.with("stride", "4").bytes, status: 400, kind: "repeated-parameter")
    ]
  }()
}
