import Featurization
import Files
import Foundation
import HTTP1
import HTTPTypes
import Scheduling

/// `/clusters`: groups of like pixels, the same in several fields.
struct ClustersEndpoint: Sendable {
  private let fields: FieldService
  private let queries: QueryService

  init(_ services: Services) {
    (fields, queries) = (services.fields, services.queries)
  }

  func group(_ context: RequestContext) -> Answering {
    .work { body in
      let document = try ClusteringDocument(body)
      var found: [FieldSource] = []
      for id in try document.ids() {
        found.append(FieldSource(record: try await fields.record(of: id)))
      }
      let sources = found
      let joint = try document.clusters(
        of: sources[0].record.request.model, in: fields.models)
      let name = try await queries.queue.run { [queries] in queries.name(of: joint, in: sources) }
      // A client that has the answer is told so before it is made again.
      guard Conditions(context.head).verdict(on: EntityTag(of: name)) == .perform else {
        throw SelectionError.preconditionFailed
      }
      let answer = try await queries.clusters(
        of: sources, isKept: true, joint, for: context.owner)
      var response: HTTPFields = [
        .eTag: EntityTag(of: answer.name).text,
        .contentDisposition:
          "attachment; filename=\"clusters-\(answer.name.description.prefix(12))"
          + ".\(document.isArchive ? "zip" : "json")\"",
        .contentType: document.isArchive ? "application/zip" : "application/json",
        .cacheControl: "no-store",
      ]
      response.note(answer.notice)
      return Response(status: .ok, fields: response, body: .bytes(answer.bytes))
    }
  }
}

/// The JSON of a request to put the pixels of several fields into clusters.
struct ClusteringDocument: Decodable {
  /// A member's value, as a query would have it.
  private struct Text: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let flag = try? value.decode(Bool.self) {
        text = "\(flag)"
      } else if let number = try? value.decode(Int.self) {
        text = "\(number)"
      } else {
        text = try value.decode(String.self)
      }
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let fields: [String]
  private let format: String?
  private let elbow: Double?
  private let most: Int?
  private let isSalient: Bool
  private let options: [(name: String, value: String)]

  /// The most bytes of the document.
  static let longest = 1 << 20

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Name.self)
    func value<Value: Decodable>(_ name: String, _ type: Value.Type) throws -> Value? {
      try members.decodeIfPresent(Value.self, forKey: Name(stringValue: name))
    }
    fields = try members.decode([String].self, forKey: Name(stringValue: "fields"))
    format = try value("format", String.self)
    elbow = try value("elbow", Double.self)
    most = try value("most", Int.self)
    isSalient = try value("salient", Bool.self) ?? false
    let own: Set = ["fields", "format", "elbow", "most", "salient"]
    options = try members.allKeys.filter { !own.contains($0.stringValue) }
      .sorted { $0.stringValue < $1.stringValue }
      .map { ($0.stringValue, try members.decode(Text.self, forKey: $0).text) }
  }

  init(_ body: [UInt8]) throws(Problem) {
    guard body.count <= ClusteringDocument.longest else {
      throw Problem(
        413, "too-much-json", "The JSON has \(body.count) bytes",
        "The JSON has \(body.count) bytes; the limit is \(ClusteringDocument.longest)")
    }
    do {
      self = try JSONDecoder().decode(ClusteringDocument.self, from: Data(body))
    } catch {
      throw ClusteringDocument.malformed(
        #"it is no object with "fields", a list of ids, beside which are options"#)
    }
  }

  var isArchive: Bool { format != JointClusters.Format.json.rawValue }

  /// The fields' ids, none of them twice.
  func ids() throws(Problem) -> [Digest] {
    guard (1...JointClusters.mostFields).contains(fields.count) else {
      throw ClusteringDocument.malformed(
        "there are \(fields.count) fields, from 1 to \(JointClusters.mostFields) are possible")
    }
    var ids: [Digest] = []
    for (index, field) in fields.enumerated() {
      guard let id = Digest(hex: field) else {
        throw ClusteringDocument.malformed("fields[\(index)] is no field's id")
      }
      guard !ids.contains(id) else {
        throw ClusteringDocument.malformed("fields[\(index)] is there twice")
      }
      ids.append(id)
    }
    return ids
  }

  func clusters(of model: String, in models: ModelRegistry) throws(Problem) -> JointClusters {
    guard let format = JointClusters.Format(rawValue: format ?? "png") else {
      throw ClusteringDocument.malformed("format is png, tiff or json")
    }
    var options = options
    if let elbow {
      guard elbow > 0, elbow <= 1 else {
        throw ClusteringDocument.malformed("elbow is above 0 and at most 1")
      }
      guard !options.contains(where: { $0.name == Parameter.k.rawValue }) else {
        throw ClusteringDocument.malformed("elbow and k do not go together")
      }
      options.append((Parameter.k.rawValue, "\(most ?? JointClusters.usualMost)"))
    } else if most != nil {
      throw ClusteringDocument.malformed("most goes with elbow alone")
    }
    do {
      return try JointClusters(
        options, format: format, elbow: elbow, isSalient: isSalient, of: model, in: models)
    } catch {
      throw Problem(error)
    }
  }

  private static func malformed(_ reason: String) -> Problem {
    Problem(
      422, "malformed-clustering", "The JSON is no request for clusters", "The JSON: \(reason)")
  }
}
