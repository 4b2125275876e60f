import Files
package import Featurization
import ImageCodecs
package import Scheduling
import Segmentation

extension Problem {
  package init(_ error: JobError) {
    switch error {
    case .queueFull(.encoding, let limits, let seconds):
      self.init(
        503, "queue-full", "Too many requests wait", limit: limits.waiting,
        setting: "queue-length")
      retryAfter = Problem.wait(seconds)
    case .queueFull(.queries, let limits, let seconds):
      self.init(
        503, "queue-full", "Too many queries wait", limit: limits.waiting,
        setting: "query-queue-length")
      retryAfter = Problem.wait(seconds)
    case .queueFull(.answers, let limits, _), .waitedTooLong(.answers, let limits):
      self.init(
        503, "answer-memory", "Too many bytes of answers are being read", limit: limits.heldBytes,
        setting: "answer-memory")
      retryAfter = 10
    case .waitedTooLong(.queries, let limits), .waitedTooLong(.encoding, let limits):
      self.init(
        503, "waited-too-long", "The query waited for too many seconds",
        limit: (limits.age ?? .zero) / .seconds(1), setting: "query-wait")
      retryAfter = 10
    case .outOfMemory(let bytes):
      self.init(
        503, "out-of-memory", "No memory for the request",
        "The system has no memory for the \(bytes) bytes that the request needs")
      retryAfter = 10
    case .closing:
      self.init(503, "closing", "The server is ending")
      retryAfter = 10
    }
  }

  package init(_ error: ParameterError) {
    switch error {
    case .unknown(let name):
      let known = Parameter.allCases.map(\.rawValue).joined(separator: ", ")
      self.init(
        400, "unknown-parameter", "Unknown parameter",
        "There is no parameter \(Problem.quoted(name)); there are \(known)")
    case .repeated(let parameter):
      self.init(
        400, "repeated-parameter", "Repeated parameter",
        "The parameter \(parameter.rawValue) is given twice")
    case .invalid(let parameter, let value):
      self.init(
        400, "invalid-parameter", "Invalid parameter",
        "\(parameter.rawValue) cannot be \(Problem.quoted(value)); allowed: \(parameter.allowed)")
    case .unknownModel(let name, let known):
      self.init(
        400, "unknown-model", "Unknown model",
        "model cannot be \(Problem.quoted(name)); allowed: \(known.joined(separator: ", "))")
    case .invalidOutput(let value, let allowed):
      let names = allowed.map(\.name).joined(separator: ", ")
      self.init(
        400, "invalid-parameter", "Invalid parameter",
        "output cannot be \(Problem.quoted(value)); allowed: \(names)")
    case .fixed(let parameter):
      self.init(
        400, "fixed-parameter", "The parameter is fixed",
        "\(parameter.rawValue) is fixed by the field, the path or the body")
    case .notApplicableHere(let parameter):
      self.init(
        400, "parameter-not-applicable-here",
        "The parameter applies to queries, not to making a field",
        "\(parameter.rawValue) makes no field; give it to queries such as /fields/{id}/features")
    case .noPoint:
      self.init(
        400, "no-point", "There is no point to compare with",
        "A similarity is to x and y, each given once, or to points")
    case .needed(let parameter):
      self.init(
        400, "needed-parameter", "A parameter is needed",
        "\(parameter.rawValue) is needed here; it is \(parameter.allowed)")
    case .severalPages:
      self.init(
        400, "several-pages", "A field is of one page",
        "page names one page of a field that is made; queries to it, such as "
          + "/fields/{id}/features?page=all, ask about several")
    case .imageTwice:
      self.init(
        400, "two-images", "There are two images",
        "The body is an image and the parameter image names another")
    case .noFormat(let format, let output):
      self.init(
        400, "conflicting-parameters", "Conflicting parameters",
        "format=\(format.rawValue) and output do not go together: \(output.name) has "
          + output.formats.map(\.rawValue).joined(separator: ", "))
    case .conflict(let one, let other):
      let outputs = OutputKind.all.filter { $0.parameters.contains(one) }.map(\.name)
      self.init(
        400, "conflicting-parameters", "Conflicting parameters",
        "\(one.rawValue) and \(other.rawValue) do not go together as given"
          + (other == .output && !outputs.isEmpty
            ? "; \(one.rawValue) is an option of \(Set(outputs).sorted().joined(separator: ", "))"
            : ""))
    case .lacking(let ability, let model):
      self.init(
        422, "no-\(ability.rawValue)", "The model has no \(ability.words.what)",
        "\(model) has no \(ability.words.what): \(ability.words.why)")
    case .notGuided(let parameter, let only):
      self.init(
        422, "not-guided", "The model's upsampler takes the identity view alone",
        "upsample=jbu goes with \(parameter.rawValue)=\(only) alone: the upsampler was trained on "
          + "the last block's tokens of one view, its patches side by side")
    }
  }

  package init(_ error: FeaturizationError) {
    switch error {
    case .image(let error):
      self.init(error)
    case .notFinite(let samples):
      self.init(
        422, "not-finite", "The image has samples that are not finite",
        "\(samples) samples are not finite numbers, or are too large to compute with; nodata=nan "
          + "leaves those out that are not finite")
    case .channelNeeded(let channels):
      self.init(
        422, "channel-needed", "The image has \(channels) channels that are no colours",
        "The image has \(channels) channels that are no colours: choose one with channel=0 to "
          + "channel=\(channels - 1), their mean with channel=mean, or three as red, green and blue "
          + "such as channel=0,1,\(min(2, channels - 1))")
    case .noSuchChannel(let choice, let channels):
      self.init(
        422, "no-such-channel", "No such channel",
        "channel=\(choice) names a channel that is not there: the image has \(channels), counted "
          + "from 0")
    case .cropOutside(let crop, let size):
      self.init(
        422, "crop-outside", "The crop is outside the image",
        "crop=\(crop) is x,y,w,h and extends beyond the image, which is \(size)")
    case .noValidSamples:
      self.init(
        422, "no-valid-samples", "The image has no valid samples",
        "nodata leaves out every sample of the image, or of the part that crop takes")
    case .rotationNeedsSquare(let encoded):
      self.init(
        422, "not-square", "Quarter turns need a square image",
        "rotations=quarter needs a square image; this one is \(encoded) once fitted to patches")
    case .smallerThanPatch(let image, let patch):
      self.init(
        422, "smaller-than-patch", "The image is smaller than a patch",
        "fit=crop needs sides of at least \(patch) pixels; this image is \(image)")
    case .largerThanFrame(let image, let side):
      self.init(
        422, "larger-than-frame", "The image is larger than the model's frame",
        "fit=frame has room for sides of \(side) pixels; this image is \(image), and resize=\(side) "
          + "makes it fit")
    case .fixedGrid(let found, let wanted, let patch):
      self.init(
        422, "fixed-grid", "The model has positions for one grid alone",
        "The model has positions for \(wanted) patches of \(patch) pixels "
          + "and no rule for others; this image and stride give \(found)")
    case .tooManyTokens(let limit, let tokens):
      self.init(
        422, "too-many-tokens", "A view has \(tokens) tokens", limit: limit, setting: "tokens",
        wayOut: Problem.smaller)
    case .tileTooSmall(let side, let least):
      self.init(
        422, "tile-too-small", "The tiles are too small to overlap",
        "tile=\(side) is shorter than three overlaps; with this model it is at least \(least)")
    case .tilesNotSupported:
      self.init(
        422, "no-tiles", "The image cannot be encoded in tiles",
        "Tiles do not go with upsample=jbu, fit=frame, output=reconstruction, or a model with "
          + "positions for one grid; crop or resize make the image small enough for one piece")
    case .tooManyWeights(let limit, let bytes):
      self.init(
        422, "too-many-weights", "The upsampler's weights take \(bytes) bytes", limit: limit,
        setting: "working-memory")
    case .tooManyViews(let limit, let views):
      self.init(
        422, "too-many-views", "The request has \(views) views", limit: limit, setting: "views")
    case .tooMuchWork(let limit, let work):
      self.init(
        422, "too-much-work",
        "The request takes \(Problem.number((work.tflop * 10).rounded() / 10)) × 10¹² operations, "
          + "about \(Int(work.seconds.rounded(.up))) s for \(work.image) pixels",
        limit: limit, setting: "max-tflop", wayOut: Problem.smaller)
    case .noComponents:
      self.init(
        422, "no-components", "No principal components were found",
        "The features of this image have no principal components that could be found")
    case .noSuchField(let id):
      self.init(
        404, "no-such-field", "No such field",
        "No field \(id) is kept here; POST /fields makes one")
    case .noSuchImage(let digest):
      self.init(
        404, "no-such-image", "No such image",
        "No image \(digest.imageName) is kept here; PUT /images/\(digest.imageName) sends it")
    case .imageUnreadable(let digest):
      self.init(
        503, "image-unreadable", "The image could not be read",
        "The file of \(digest.imageName) is here and could not be read this time")
      retryAfter = 1
    case .fieldGone(let id):
      self.init(
        410, "field-gone", "The field is not kept any more",
        "The field \(id) would have to be computed again, from an image or weights that are not "
          + "kept here; POST /fields with the image makes it")
    case .fieldOfOthers(let id):
      self.init(
        403, "field-of-others", "Others want the field",
        "The field \(id) is being made for others; it may be given up by clients that posted it")
    case .fieldIsMade(let id):
      self.init(
        409, "field-is-made", "The field is made",
        "The field \(id) is made, and nothing is to be given up; it goes when its room is needed")
    case .noViewYet(let id, let seconds):
      self.init(
        503, "no-view-yet", "No view of the field is there yet",
        "The first view of the field \(id) is being made; features=classical needs none")
      retryAfter = Problem.wait(seconds)
    case .foreignBasis(let dim, let wanted):
      self.init(
        422, "foreign-basis", "The basis is of another kind of features",
        "The field named by basis has features of \(dim) numbers, this one of \(wanted)")
    case .outside(let x, let y, let size):
      self.init(
        422, "outside", "A place outside the field",
        "There is no place \(x),\(y): the field is \(size)")
    case .encoder(let error): self.init(error)
    case .sharedStoreAway:
      self.init(
        503, "shared-store-away", "The shared store does not answer",
        "The store that machines share does not answer, and may have what is needed")
      retryAfter = 5
    case .imageOfOthers(let digest):
      self.init(
        403, "image-of-others", "Others sent the image",
        "\(digest.imageName) may be deleted by clients that sent it, and with an operator's token")
    case .anotherDigest(let digest):
      self.init(
        422, "another-digest", "The body has another digest",
        "The body's digest is \(digest), which is not the one in the path")
    case .noRoom(let bytes):
      self.init(
        507, "no-room", "There is no room for what was sent",
        "Neither memory nor disk has room for \(bytes) bytes (settings memory-bytes, disk-bytes)")
    case .payload(let error):
      self.init(error)
    case .segmentation(let error):
      self.init(error)
    case .analysis(let error):
      self.init(error)
    case .noSuchClassifier(let id):
      self.init(
        404, "no-such-classifier", "No such classifier",
        "No classifier \(id) is kept here; PUT /classifiers/\(id) sends its file")
    case .otherClassifier(let id, let isOfImages):
      self.init(
        422, "other-classifier", "The classifier is of another kind",
        isOfImages
          ? "\(id) tells the class of a whole image: output=logits&classifier=\(id)"
          : "\(id) tells the classes of pixels: /fields/{id}/segmentation?classifier=\(id)")
    case .otherField(let differences):
      let words = differences.map { "\($0.name)=\($0.wanted), here \($0.found)" }
      self.init(
        409, "other-field", "The classifier is of another kind of field",
        "The classifier needs a field made with \(words.joined(separator: "; ")); POST /fields with "
          + "these options makes one")
    case .unlikeFields(let differences):
      let words = differences.map { "\($0.name)=\($0.wanted) and \($0.found)" }
      self.init(
        409, "unlike-fields", "The fields are of different kinds",
        "Fields that are asked about together must be made with the same options: these have "
          + words.joined(separator: "; "))
    case .labelsAndClassifier:
      self.init(
        400, "labels-and-classifier", "There are a classifier and labels",
        "GET takes classifier=, POST takes a label image to train one on")
    case .severalPagesOfLabels:
      self.init(
        400, "labels-of-pages", "A label image is of one page",
        "A posted label image is of the page that page= names; several pages take classifier= alone"
      )
    case .noLabels:
      self.init(
        400, "no-labels", "There is neither a classifier nor labels",
        "GET needs classifier=ID; POST with a label image as its body trains one, and without a body "
          + "on the labels kept at the field, where there are none")
    case .noLabelsKept(let id):
      self.init(
        404, "no-labels-kept", "No labels are kept at the field",
        "No labels are kept at the field \(id); PUT /fields/\(id)/labels sends some")
    case .rectangleOutside(let rectangle, let size):
      self.init(
        422, "outside", "A place outside the field",
        "The rectangle \(rectangle) extends beyond the field, which is \(size)")
    case .unlikePages(let one, let other):
      self.init(
        422, "unlike-pages", "The pages differ",
        "Pages that are asked for together must be alike: page \(one.page) is \(one.words), page "
          + "\(other.page) is \(other.words)")
    case .ofPage(let page, let error):
      self.init(error)
      detail = "Page \(page): \(detail)"
    case .pictureTooLarge(let limit, let pixels):
      self.init(
        422, "picture-too-large",
        "One picture of all pages has \(pixels) pixels or a side that is too long (format=tiff "
          + "has a picture for each)", limit: limit, setting: "pixels")
    case .tooDetailed(let limit, let corners):
      self.init(
        422, "too-detailed", "The outlines are too long",
        "The objects have \(corners) corners or runs; the limit is \(limit). clean=area:n takes away "
          + "small objects; format=png or tiff has no such limit")
    case .tooManyObjects(let limit, let objects):
      self.init(
        422, "too-many-objects", "There are too many objects",
        "There are \(objects) objects; the limit is \(limit). clean=area:n takes away small ones, "
          + "region=x,y,w,h measures a part")
    case .pagesTooLarge(let limit, let bytes):
      self.init(
        422, "pages-too-large", "The components of all pages take \(bytes) bytes at the same time",
        limit: limit, setting: "answer-memory")
    case .weightsMissing(let model):
      self.init(
        422, "weights-missing", "The model's weights are not on this server",
        "The weights of \(model) are not on this server")
    case .weightsRefused(let model, _):
      self.init(
        503, "weights-refused", "The model's weights could not be read",
        "The weights of \(model) could not be read; the server's log says why")
    }
  }

  /// What makes a request smaller.
  private static let smaller =
    "crop or resize take less of the image, quality=draft and flips=none fewer views, and tile=1036 "
    + "encodes a large one in parts"

  /// A client's own text, shortened and with unsafe characters removed.
  static func quoted(_ text: String) -> String {
    let shown = text.prefix(64).map { $0.isASCII && !$0.isNewline && $0 != "\"" ? $0 : "?" }
    return "\"\(String(shown))\(text.count > 64 ? "…" : "")\""
  }
}

extension PageForm {
  fileprivate var words: String {
    "\(size) with \(channels) channel\(channels == 1 ? "" : "s") of \(stored.bits) bits "
      + "(\(stored.number.rawValue))"
  }
}

extension Ability {
  /// The missing ability, and the reason.
  fileprivate var words: (what: String, why: String) {
    switch self {
    case .densePatches:
      (
        "patches closer than its cells",
        "its windows or stages are cut from one grid of cells, so stride is the cell's side"
      )
    case .classToken:
      ("class token", "nothing in it attends to the image as a whole; output=cls is a mean")
    case .facets: ("facets", "its queries are pooled, so that they belong to no one cell")
    case .layers:
      (
        "layers side by side",
        "the vectors of its layers differ in number or in length, so a field has one of them"
      )
    case .frame: ("frame", "it turns queries and keys by where they are, for images of any size")
    case .classifier: ("classifier", "its file holds features alone")
    case .decoder: ("decoder", "its file holds the encoder alone, or it was trained without one")
    case .upsampler:
      ("upsampler", "its file holds none; FeatUp's checkpoints, once imported, are models that do")
    }
  }
}
