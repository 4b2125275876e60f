import Foundation

/// XGBoost's description of a model, as its versions since 1.0 write it.
///
/// Source: XGBoost's schema `doc/model.schema`; its manual, "Introduction to Model IO".
struct XGBoostModel: Decodable {
  private struct Learner: Decodable {
    let gradient_booster: Booster
    let learner_model_param: Parameters
    let objective: Objective
  }

  private struct Booster: Decodable {
    let name: String
    let model: Trees
  }

  private struct Trees: Decodable {
    let trees: [Tree]
    /// The class that each tree adds to.
    let tree_info: [Int]
  }

  private struct Tree: Decodable {
    let left_children: [Int32]
    let right_children: [Int32]
    let split_indices: [Int32]
    /// Thresholds, and the leaves' values.
    let split_conditions: [Float]
    /// 1 for a split by categories.
    let split_type: [Int]?
  }

  private struct Parameters: Decodable {
    let base_score: String
    let num_class: String
    let num_feature: String
  }

  private struct Objective: Decodable {
    let name: String
  }

  private let learner: Learner

  /// Reads a model's JSON.
  ///
  /// Throws `SegmentationError.malformedImport`.
  init(json: [UInt8]) throws(SegmentationError) {
    do {
      self = try JSONDecoder().decode(XGBoostModel.self, from: Data(json))
    } catch {
      throw .malformedImport(reason: "it is no model that XGBoost wrote")
    }
  }

  /// The model's trees, its classes counted from 0.
  ///
  /// A row goes left where its feature is below the threshold, in float32; missing values are not
  /// possible here. Of two classes the second one's score is the margin, the first one's 0.
  func classifier() throws(SegmentationError) -> ImportedModel {
    let parameters = learner.learner_model_param
    guard learner.gradient_booster.name == "gbtree" else {
      throw .malformedImport(
        reason: "its booster is \(learner.gradient_booster.name); gbtree can be read")
    }
    let isBinary = ["binary:logistic", "binary:logitraw"].contains(learner.objective.name)
    guard isBinary || ["multi:softprob", "multi:softmax"].contains(learner.objective.name) else {
      throw .malformedImport(
        reason: "its objective is \(learner.objective.name), which tells no classes")
    }
    guard let dim = Int(parameters.num_feature), (1...ClassifierFile.mostDims).contains(dim),
      let told = Int(parameters.num_class), isBinary || (2...254).contains(told)
    else { throw .malformedImport(reason: "its numbers of features and classes are not possible") }
    let classes = isBinary ? 2 : told
    let (model, base) = (learner.gradient_booster.model, try base(classes, isBinary))
    guard model.tree_info.count == model.trees.count,
      model.tree_info.allSatisfy({ $0 >= 0 && $0 < (isBinary ? 1 : classes) })
    else { throw .malformedImport(reason: "its trees add to classes that are not there") }
    var all = NodeArrays(classes: classes)
    for (tree, place) in zip(model.trees, model.tree_info) {
      let count = tree.left_children.count
      guard count > 0, tree.right_children.count == count, tree.split_indices.count == count,
        tree.split_conditions.count == count, tree.split_type?.allSatisfy({ $0 == 0 }) ?? true
      else {
        throw .malformedImport(reason: "a tree's arrays do not fit together, or ask for categories")
      }
      all.beginTree()
      for node in 0..<count {
        let isLeaf = tree.left_children[node] < 0
        var values = [Double](repeating: 0, count: classes)
        if isLeaf { values[isBinary ? 1 : place] = Double(tree.split_conditions[node]) }
        all.add(
          feature: isLeaf ? -1 : tree.split_indices[node],
          threshold: isLeaf ? 0 : Double(tree.split_conditions[node].nextDown),
          left: tree.left_children[node], right: tree.right_children[node], values: values)
      }
    }
    return ImportedModel(nodes: all, dim: dim, combination: .sum(from: base), classes: nil)
  }

  /// What each class's score begins from: of two classes the stored number is a probability.
  private func base(
    _ classes: Int, _ isBinary: Bool
  ) throws(SegmentationError) -> [Double] {
    let text = learner.learner_model_param.base_score
    let numbers = text.split { "[], ".contains($0) }.map { Double($0) }
    let found = numbers.compactMap { $0 }
    guard found.count == numbers.count, found.count == 1 || found.count == classes && !isBinary
    else { throw .malformedImport(reason: "its base_score is no number for each class") }
    guard isBinary else { return (0..<classes).map { found.count == 1 ? found[0] : found[$0] } }
    guard learner.objective.name == "binary:logistic" else { return [0, found[0]] }
    guard found[0] > 0, found[0] < 1 else {
      throw .malformedImport(reason: "its base_score is no probability")
    }
    return [0, log(found[0] / (1 - found[0]))]
  }
}
