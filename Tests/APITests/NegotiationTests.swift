import API
import Featurization
import HTTP1
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Negotiation") struct NegotiationTests {
  static let npy = "application/x-npy"
  static let raw = "application/octet-stream"
  static let png = "image/png"
  static let tiff = "image/tiff"
  static let npz = "application/x-npz"
  static let tensors = "application/x-safetensors"

  static let cases: [(query: String, accept: String?, type: String?)] = [
    ("", nil, npy), ("", "*/*", npy), ("", raw, raw), ("", "\(npy);q=0.1, \(raw)", raw),
    ("", png, nil), ("", "text/html", nil), ("", "image/*, */*;q=0.1", tiff),
    ("", tiff, tiff), ("", npz, npz), ("", tensors, tensors), ("points=1,1", tiff, nil),
    ("points=1,1", "image/*, */*;q=0.1", npy), ("output=foreground", nil, png),
    ("output=foreground", npy, nil), ("output=cls", tiff, nil),
    ("output=pca", nil, png), ("output=pca", "*/*", png), ("output=pca", npy, npy),
    ("output=pca", "application/*", npy), ("output=pca", "image/*", png),
    ("output=pca", "text/html;q=0.9", nil), ("output=attention", png, png),
    ("output=attention", "*/*", npy), ("output=cls", png, nil), ("output=cls", raw, raw),
    ("output=attention&dtype=float16", png, nil), ("output=attention&dtype=float16", raw, raw),
    // An explicit format takes precedence.
    ("format=npy", png, npy), ("format=raw", "text/html", raw), ("output=pca&format=npy", png, npy),
  ]

  @Test(arguments: cases)
  func `Negotiation: without a format Accept chooses it`(
    query: String, accept: String?, type: String?
  ) async throws {
    let image = try Raster.noise(30, 20).png()
    var fields: HTTPFields = [:]
    fields[.accept] = accept
    let outcome = try await StubService().post(query, image, fields: fields)
    guard let type else {
      #expect(outcome.status == 406 && !outcome.isAdmitted)
      let problem = try ProblemDocument(outcome, query)
      #expect(problem.kind == "not-acceptable")
      let usual = query.contains("foreground") ? Self.png : Self.npy
      #expect(problem.detail.contains(usual) && !problem.detail.contains("html"))
      return
    }
    #expect(outcome.status == 200 && outcome.fields[.contentType] == type)
    #expect(outcome.fields[.vary] == (query.contains("format") ? nil : "Accept"))
    let names = [
      Self.npy: "npy", Self.raw: "raw", Self.png: "png", Self.tiff: "tiff", Self.npz: "npz",
      Self.tensors: "safetensors",
    ]
    let name = names[type] ?? ""
    let named = try await StubService().post(
      query.contains("format") ? query : query + "&format=\(name)", image)
    #expect(outcome.body == named.body && outcome.fields[.eTag] == named.fields[.eTag])
  }

  @Test func `Negotiation: a form's format is read before Accept is evaluated`() async throws {
    let form = Form().with("image", try Raster.noise(30, 20).png())
    for (form, status) in [(form.with("format", "npy"), 200), (form, 406)] {
      let outcome = try await StubService().post(
        "", type: Form.type, form.bytes, fields: [.accept: "text/html"])
      #expect(outcome.status == status && outcome.isAdmitted)
    }
  }
}
