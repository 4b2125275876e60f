import Files
import Tensors

/// Trees that another program has grown, as its file has them.
///
/// Nothing in a file is executed. What it is shows in its first bytes: a forest of scikit-learn's that
/// skops wrote, or a booster of XGBoost's in JSON or UBJSON.
package struct ImportedModel: Sendable {
  private let nodes: NodeArrays
  /// Features of a row.
  package let dim: Int
  private let combination: TreeEnsemble.Combination
  /// The classes' ids as the file has them; XGBoost only counts them.
  private let classes: [UInt8]?

  /// Longest file that is read, in bytes.
  package static let longest = 256 << 20

  init(
    nodes: NodeArrays, dim: Int, combination: TreeEnsemble.Combination, classes: [UInt8]?
  ) {
    (self.nodes, self.dim) = (nodes, dim)
    (self.combination, self.classes) = (combination, classes)
  }

  /// Reads a file.
  ///
  /// Throws `SegmentationError.malformedImport`.
  package init(file bytes: [UInt8]) throws(SegmentationError) {
    guard bytes.count <= ImportedModel.longest else {
      throw .malformedImport(
        reason: "it has \(bytes.count) bytes; the limit is \(ImportedModel.longest)")
    }
    if bytes.starts(with: Array("PK".utf8)) {
      self = try SkopsForest(file: bytes).classifier()
    } else if bytes.first == UInt8(ascii: "{") {
      // What follows in JSON is a name or space, in UBJSON the type of a name's length.
      let isText = bytes.dropFirst().first.map { [0x22, 0x20, 0x0A, 0x0D, 0x09].contains($0) }
      self = try XGBoostModel(json: isText ?? true ? bytes : UBJSON.json(of: bytes)).classifier()
    } else {
      throw .malformedImport(reason: "it is neither a skops archive nor XGBoost's JSON or UBJSON")
    }
  }

  /// Number of classes.
  package var count: Int { nodes.classes }

  /// The trees, with the file's ids of classes, `given` ones, or the numbers from 1 on.
  package func trees(ids given: [UInt8]? = nil) throws(SegmentationError) -> TreeEnsemble {
    if let given, let classes, given != classes {
      throw .malformedImport(reason: "its classes are \(classes), and not \(given)")
    }
    let ids = given ?? classes ?? (0..<count).map { UInt8($0 + 1) }
    guard ids.count == count, ids == Set(ids).sorted(), ids.allSatisfy({ (1...254).contains($0) })
    else {
      throw .malformedImport(
        reason: "it has \(count) classes, and their ids are \(ids); ids are 1 to 254, ascending")
    }
    do {
      return try TreeEnsemble(
        ids: ids, dim: dim, combination: combination, roots: nodes.roots,
        features: nodes.features, thresholds: nodes.thresholds, left: nodes.left,
        right: nodes.right, values: nodes.values)
    } catch .malformedFile(let reason) {
      throw .malformedImport(reason: reason)
    }
  }
}

/// The nodes of trees one after another.
struct NodeArrays: Sendable {
  let classes: Int
  private(set) var roots: [Int32] = []
  private(set) var features: [Int32] = []
  private(set) var thresholds: [Double] = []
  private(set) var left: [Int32] = []
  private(set) var right: [Int32] = []
  private(set) var values: [Double] = []

  init(classes: Int) { self.classes = classes }

  mutating func beginTree() { roots.append(Int32(clamping: features.count)) }

  /// Adds a node of the tree that was begun last, whose nodes below are counted from its root; a
  /// leaf's feature is negative.
  mutating func add(
    feature: Int32, threshold: Double, left: Int32, right: Int32, values: [Double]
  ) {
    let root = roots.last ?? 0
    features.append(max(feature, -1))
    thresholds.append(threshold)
    // A sum that does not fit leads to no node, and is refused as such.
    self.left.append(feature < 0 ? 0 : Int32(clamping: Int(left) + Int(root)))
    self.right.append(feature < 0 ? 0 : Int32(clamping: Int(right) + Int(root)))
    self.values += values
  }
}
