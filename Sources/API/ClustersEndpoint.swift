import Backlog
import Featurization
import Files
import Foundation
import HTTP1
import HTTPTypes
import Jobs
import Scheduling

/// `/clusters`: groups of like pixels, the same in several fields.
struct ClustersEndpoint: Sendable {
  private let services: Services

  init(_ services: Services) {
    self.services = services
  }

  func group(_ context: RequestContext, _ jobs: JobsEndpoint?) -> Answering {
    .work { body in
      let document = try ClusteringDocument(body)
      var found: [FieldSource] = []
      for id in try document.ids() {
        found.append(FieldSource(record: try await services.fields.record(of: id)))
      }
      let sources = found
      let joint = try document.clusters(
        of: sources[0].record.request.model, in: services.models)
      let queries = services.queries
      let name = try await queries.queue.run { queries.name(of: joint, in: sources) }
      // A client that has the answer is told so before it is made again.
      guard Conditions(context.head).verdict(on: EntityTag(of: name)) == .perform else {
        throw SelectionError.preconditionFailed
      }
      if let jobs, JobsEndpoint.isWanted(by: context) {
        let job = ClusteringJob(joint, of: sources, texts: document.texts, by: services)
        let taken = try await jobs.take(job, context)
        let report = try await jobs.hoped(taken.report, context)
        guard report.job.state == .done else {
          return jobs.accepted(report, isReplayed: taken.isReplayed)
        }
      }
      let answer = try await queries.clusters(
        of: sources, isKept: true, joint, for: context.owner)
      return response(answer)
    }
  }

  private func response(_ answer: QueryService.JointAnswer) -> Response {
    var fields: HTTPFields = [
      .eTag: EntityTag(of: answer.name).text,
      .contentDisposition:
        "attachment; filename=\"clusters-\(answer.name.description.prefix(12))"
        + ".\(answer.format.fileExtension)\"",
      .contentType: answer.format.mediaType,
      .cacheControl: "no-store",
    ]
    fields.note(answer.notice)
    return Response(status: .ok, fields: fields, body: .bytes(answer.bytes))
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
  /// All other members, as texts.
  let texts: [(name: String, value: String)]

  /// The most bytes of the document.
  static let longest = 1 << 20

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Name.self)
    let own = Name(stringValue: "fields")
    fields = try members.decode([String].self, forKey: own)
    let shares = [JointClusters.Member.elbow, .partsElbow].map(\.rawValue)
    texts = try members.allKeys
      .filter { try $0.stringValue != own.stringValue && !members.decodeNil(forKey: $0) }
      .sorted { $0.stringValue < $1.stringValue }
      .map { key in
        let name = key.stringValue
        guard !shares.contains(name) else {
          return (name, "\(try members.decode(Double.self, forKey: key))")
        }
        return (name, try members.decode(Text.self, forKey: key).text)
      }
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
    do {
      return try JointClusters(texts, of: model, in: models)
    } catch {
      switch error {
      case .malformed(let reason): throw ClusteringDocument.malformed(reason)
      case .option(let error): throw Problem(error)
      }
    }
  }

  private static func malformed(_ reason: String) -> Problem {
    Problem(
      422, "malformed-clustering", "The JSON is no request for clusters", "The JSON: \(reason)")
  }
}
