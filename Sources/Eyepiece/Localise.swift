import API
import Analysis
import ArgumentParser
import Featurization
import Files
import Foundation
import ImageCodecs
package import Imaging

/// `eyepiece localise`: whether objects are found where they are.
struct Localise: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare the boxes of objects that stand out with true ones.",
    discussion: """
      Prints for each image the largest overlap of a found box with a true one, intersection over \
      union, and at last CorLoc: the share of images with one of 0.5 or more. True boxes are COCO's \
      JSON, or {"a.png": [[x, y, width, height], …], …}. Images without true boxes do not count.
      """)

  @Argument(help: "Images: \(ImageFormat.names).") var images: [String]
  @Option(help: "The true boxes, JSON.") var boxes: String
  @OptionGroup(title: "How objects are found") var options: ObjectFlags
  @OptionGroup(title: "Settings") var flags: ServerFlags

  func run() async throws {
    let settings = try await flags.settings()
    let parts = try Composition(settings, keeping: .nowhere)
    let truth = try TrueBoxes(bytes(ofFile: boxes, atMost: settings.bodyBytes))
    let request: FeatureRequest
    do {
      request = try parts.services.fields.request(
        options.given + [(Parameter.output.rawValue, OutputKind.boxes.name)])
    } catch {
      throw ValidationError(Problem(error).detail)
    }
    var localisation = Localisation()
    var isSomeFailed = false
    do {
      try await forEachImage(images) { image, name in
        let bytes = try bytes(ofFile: image, atMost: settings.bodyBytes)
        let answer = try await withProgress(name) { progress in
          let source = try await parts.services.fields.source(.bytes(bytes), request.field)
          return try await parts.services.queries.answer(source, request, progress: progress)
        }
        let found = try await JSONDecoder().decode(FoundBoxes.self, from: Data(answer.bytes()))
        let known = truth[URL(fileURLWithPath: image).lastPathComponent]
        localisation.add(found: found.rectangles, truth: known)
        let overlap = known.isEmpty ? nil : localisation.images.last?.overlap
        print("\(overlap.map { "\($0)" } ?? "no true box")\t\(image)")
      }
    } catch is ExitCode {
      isSomeFailed = true
    }
    guard let corLoc = localisation.corLoc else {
      report("no image has a true box")
      throw ExitCode.failure
    }
    let right = localisation.images.count { $0.isFound }
    print("CorLoc \(corLoc)\t\(right) of \(localisation.images.count) images")
    if isSomeFailed { throw ExitCode.failure }
  }
}

/// Boxes as `output=boxes` answers them.
private struct FoundBoxes: Decodable {
  struct Box: Decodable {
    let bbox: [Int]
  }

  let boxes: [Box]

  var rectangles: [PixelRectangle] { boxes.compactMap { PixelRectangle(corner: $0.bbox) } }
}

/// True boxes by the names of their images' files.
package struct TrueBoxes {
  private let boxes: [String: [PixelRectangle]]

  private struct Dataset: Decodable {
    struct Image: Decodable {
      let id: Int
      let fileName: String

      enum CodingKeys: String, CodingKey {
        case id
        case fileName = "file_name"
      }
    }

    struct Annotation: Decodable {
      let image: Int
      let bbox: [Double]

      enum CodingKeys: String, CodingKey {
        case image = "image_id"
        case bbox
      }
    }

    let images: [Image]
    let annotations: [Annotation]
  }

  /// Reads COCO's JSON, or lists of boxes by names.
  package init(_ json: [UInt8]) throws {
    let data = Data(json)
    if let dataset = try? JSONDecoder().decode(Dataset.self, from: data) {
      let names = Dictionary(
        dataset.images.map { ($0.id, $0.fileName) }, uniquingKeysWith: { first, _ in first })
      boxes = dataset.annotations.reduce(into: [:]) { boxes, one in
        guard let name = names[one.image],
          let box = PixelRectangle(corner: one.bbox.map { Int($0.rounded()) })
        else { return }
        boxes[TrueBoxes.last(name), default: []].append(box)
      }
    } else if let lists = try? JSONDecoder().decode([String: [[Double]]].self, from: data) {
      boxes = lists.reduce(into: [:]) { boxes, one in
        boxes[TrueBoxes.last(one.key), default: []] += one.value.compactMap {
          PixelRectangle(corner: $0.map { Int($0.rounded()) })
        }
      }
    } else {
      throw ValidationError(
        "--boxes is COCO's JSON, or lists of [x, y, width, height] by the names of images")
    }
  }

  private static func last(_ path: String) -> String {
    URL(fileURLWithPath: path).lastPathComponent
  }

  package subscript(name: String) -> [PixelRectangle] { boxes[name] ?? [] }
}

extension PixelRectangle {
  /// Left, top, width and height; `nil` for other numbers or an empty box.
  fileprivate init?(corner numbers: [Int]) {
    guard numbers.count == 4, numbers.allSatisfy({ $0.magnitude < 1 << 30 }), numbers[2] > 0,
      numbers[3] > 0
    else { return nil }
    self.init(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }
}
