import Checkpoints
import Files
import Foundation
import Tensors

/// A random forest of scikit-learn's in an archive of skops': a text that describes the object, and
/// the arrays that it names.
///
/// Of the description the trees, the classes and the number of features are read; nothing else counts.
/// Source: skops 0.16, `skops/io`; scikit-learn 1.9, `sklearn/tree/_tree.pyx`.
struct SkopsForest {
  private let archive: ZIPArchive
  private let root: Node

  /// The classes of objects that can be read.
  private static let forests = ["RandomForestClassifier", "ExtraTreesClassifier"]

  /// Longest member of an archive that is read, in bytes.
  private static let longestMember = 64 << 20

  init(file bytes: [UInt8]) throws(SegmentationError) {
    let archive: ZIPArchive
    do {
      archive = try ZIPArchive(ByteArray(bytes))
    } catch {
      throw .malformedImport(reason: "\(error)")
    }
    guard let schema = archive.members["schema.json"] else {
      throw .malformedImport(reason: "the archive has no schema.json")
    }
    let text = try SkopsForest.contents(of: schema, in: archive)
    guard let root = try? JSONDecoder().decode(Node.self, from: Data(text)) else {
      throw .malformedImport(reason: "its schema.json is none of skops'")
    }
    guard let name = root.className, SkopsForest.forests.contains(name) else {
      throw .malformedImport(
        reason: "it holds a \(root.className ?? "thing"); "
          + "\(SkopsForest.forests.joined(separator: " and ")) can be read")
    }
    (self.archive, self.root) = (archive, root)
  }

  func classifier() throws(SegmentationError) -> ImportedModel {
    let ids = try array(root.member("classes_"))
    let classes = try ids.values("")
    guard (2...254).contains(classes.count),
      classes.allSatisfy({ $0 >= 1 && $0 <= 254 && $0 == $0.rounded() })
    else { throw .malformedImport(reason: "its classes are not integers from 1 to 254") }
    guard let dim = root.member("n_features_in_")?.integer,
      (1...ClassifierFile.mostDims).contains(dim),
      root.member("n_outputs_")?.integer == 1,
      case .list(let estimators)? = root.member("estimators_")?.content
    else { throw .malformedImport(reason: "it is no fitted forest of one output") }
    var all = NodeArrays(classes: classes.count)
    for estimator in estimators {
      let tree = estimator.member("tree_")
      let nodes = try array(tree?.member("nodes"))
      let columns = [
        try nodes.values("left_child"), try nodes.values("right_child"),
        try nodes.values("feature"), try nodes.values("threshold"),
      ]
      let values = try array(tree?.member("values")).values("")
      guard values.count == nodes.count * classes.count else {
        throw .malformedImport(reason: "a tree has not a value for each node and class")
      }
      all.beginTree()
      for node in 0..<nodes.count {
        let whole = columns.prefix(3).map { Int32(exactly: $0[node]) }
        guard let left = whole[0], let right = whole[1], let feature = whole[2] else {
          throw .malformedImport(reason: "a tree leads to no node")
        }
        let weights = values[node * classes.count..<(node + 1) * classes.count]
        let total = weights.reduce(0, +)
        all.add(
          feature: left < 0 ? -1 : feature, threshold: columns[3][node], left: left, right: right,
          values: weights.map { total > 0 ? $0 / total : 0 })
      }
    }
    return ImportedModel(
      nodes: all, dim: dim, combination: .mean, classes: classes.map { UInt8($0) })
  }

  private func array(_ node: Node?) throws(SegmentationError) -> RecordArray {
    guard let node, let file = node.file, let member = archive.members[file] else {
      throw .malformedImport(reason: "an array is missing")
    }
    return try RecordArray(npy: SkopsForest.contents(of: member, in: archive))
  }

  private static func contents(
    of member: ZIPArchive.Member, in archive: ZIPArchive
  ) throws(SegmentationError) -> [UInt8] {
    guard member.size <= longestMember else {
      throw .malformedImport(
        reason: "a member has \(member.size) bytes; the limit is \(longestMember)")
    }
    do {
      return try archive.contents(of: member, within: .inflated)
    } catch {
      throw .malformedImport(reason: "\(error)")
    }
  }
}

/// A part of skops' description of an object.
private final class Node: Decodable {
  enum Content {
    case members([String: Node])
    case list([Node])
    case text(String)
    case nothing
  }

  let className: String?
  let content: Content
  let file: String?

  private enum Key: String, CodingKey {
    case className = "__class__"
    case content, file
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    className = try container.decodeIfPresent(String.self, forKey: .className)
    file = try? container.decodeIfPresent(String.self, forKey: .file)
    if let text = try? container.decode(String.self, forKey: .content) {
      content = .text(text)
    } else if let list = try? container.decode([Node].self, forKey: .content) {
      content = .list(list)
    } else if let one = try? container.decode(Node.self, forKey: .content), one.className != nil {
      // The dictionary of an object's attributes.
      content = one.content
    } else if let members = try? container.decode([String: Node].self, forKey: .content) {
      content = .members(members)
    } else {
      content = .nothing
    }
  }

  func member(_ name: String) -> Node? {
    if case .members(let members) = content { members[name] } else { nil }
  }

  var integer: Int? {
    if case .text(let text) = content { Int(text) } else { nil }
  }
}
