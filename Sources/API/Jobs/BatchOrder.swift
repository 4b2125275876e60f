import Featurization
import Foundation

/// The jobs of a batch as a client lists them.
///
/// Either a JSON object with `jobs`, `defaults` and perhaps `name`, or a JSON object a line, the
/// defaults in the query, or images in a form, which were kept before.
struct BatchOrder {
  struct Entry {
    let image: String
    let name: String?
    let options: [(name: String, value: String)]

    init(image: String, name: String?, options: [(name: String, value: String)]) {
      (self.image, self.name, self.options) = (image, name.map { String($0.prefix(1024)) }, options)
    }
  }

  /// The most bytes of a batch's list.
  static let longest = 64 << 20

  let name: String?
  let entries: [Entry]

  init(
    _ body: [UInt8], isLines: Bool, defaults: [Upload.Option], name given: String?, limit: Int
  ) throws(Problem) {
    guard body.count <= BatchOrder.longest else {
      throw Problem(
        413, "too-much-json", "The JSON has \(body.count) bytes",
        "The JSON has \(body.count) bytes; the limit is \(BatchOrder.longest)")
    }
    var defaults = Dictionary(defaults.map { ($0.name, $0.value) }) { $1 }
    var name = given
    var members: [Member] = []
    if isLines {
      for (number, line) in body.split(separator: UInt8(ascii: "\n")).enumerated()
      where !line.allSatisfy({ [9, 13, 32].contains($0) }) {
        members.append(try BatchOrder.read(Member.self, Data(line), "line \(number + 1)"))
        guard members.count <= limit else { break }
      }
    } else {
      let list = try BatchOrder.read(List.self, Data(body), "the body")
      for (option, value) in list.defaults ?? [:] { defaults[option] = value.text }
      name = list.name ?? name
      members = list.jobs
    }
    try self.init(entries: members.map { $0.entry(defaults) }, name: name, limit: limit)
  }

  init(entries: [Entry], name: String?, limit: Int) throws(Problem) {
    guard !entries.isEmpty else { throw BatchOrder.malformed("there is no job in it") }
    guard entries.count <= limit else {
      throw Problem(
        413, "batch-jobs", "The batch has too many jobs", limit: limit, setting: "batch-jobs")
    }
    (self.name, self.entries) = (name, entries)
  }

  private struct List: Decodable {
    let name: String?
    let defaults: [String: OptionValue]?
    let jobs: [Member]
  }

  /// The image, a name, and any option beside them.
  private struct Member: Decodable {
    let values: [String: OptionValue]

    init(from decoder: any Decoder) throws {
      values = try decoder.singleValueContainer().decode([String: OptionValue].self)
    }

    func entry(_ defaults: [String: String]) -> Entry {
      var options = defaults
      for (name, value) in values { options[name] = value.text }
      let name = values["name"]?.text
      let image = options.removeValue(forKey: "image") ?? ""
      options["name"] = nil
      return Entry(
        image: image, name: name,
        options: options.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
  }

  private static func read<Value: Decodable>(
    _ type: Value.Type, _ data: Data, _ place: String
  ) throws(Problem) -> Value {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw malformed("\(place) is no object of texts and numbers as the API lists them")
    }
  }

  private static func malformed(_ reason: String) -> Problem {
    Problem(400, "malformed-batch", "The batch is malformed", "The batch is malformed: \(reason)")
  }
}
