import Featurization
import Files
import Segmentation

/// Classes of whole images in a request to train.
extension TrainingDocument {
  /// A class by its name or its id.
  enum ClassName: Decodable, Hashable {
    case name(String)
    case id(UInt8)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let name = try? value.decode(String.self) {
        self = .name(name)
      } else {
        self = .id(try value.decode(UInt8.self))
      }
    }
  }

  /// The fields with the ids of their images' classes, and the classes; `nil` where the examples have
  /// labels.
  ///
  /// Classes that are not listed and have names get ids from 1 in the names' order.
  func imageExamples() throws(Problem) -> (examples: [ImageExample], classes: [LabelClass])? {
    let named = examples.compactMap(\.class)
    guard !named.isEmpty else { return nil }
    guard named.count == examples.count, examples.allSatisfy({ $0.labels == nil }) else {
      throw TrainingDocument.malformed("either all examples have labels, or all have a class")
    }
    if features != nil || kind != nil || refits != nil || debias != nil || layer != nil {
      throw TrainingDocument.malformed(
        "features, kind, refits, debias and layer are of examples with labels")
    }
    let known = if let classes { classes } else { try TrainingDocument.classes(of: named) }
    var found: [ImageExample] = []
    for (index, example) in examples.enumerated() {
      guard let field = Digest(hex: example.field) else {
        throw TrainingDocument.malformed("examples[\(index)].field is no field's id")
      }
      guard !found.contains(where: { $0.field == field }) else {
        throw TrainingDocument.malformed("examples[\(index)].field is there twice")
      }
      let one = known.first { one in
        switch named[index] {
        case .name(let name): one.name == name
        case .id(let id): one.id == id
        }
      }
      guard let one else {
        throw TrainingDocument.malformed("examples[\(index)].class is none of the classes")
      }
      found.append(ImageExample(field: field, class: one.id))
    }
    return (found, known)
  }

  private static func classes(of named: [ClassName]) throws(Problem) -> [LabelClass] {
    var (names, ids): (Set<String>, Set<UInt8>) = ([], [])
    for one in named {
      switch one {
      case .name(let name): names.insert(name)
      case .id(let id): ids.insert(id)
      }
    }
    guard names.isEmpty || ids.isEmpty else {
      throw malformed("classes are told by their names or by their ids")
    }
    guard names.count <= LabelClass.mostClasses else {
      throw malformed("there are \(names.count) classes; the limit is \(LabelClass.mostClasses)")
    }
    return names.isEmpty
      ? ids.sorted().map { .unnamed($0) }
      : names.sorted().enumerated().map { LabelClass(UInt8($0.offset + 1), named: $0.element) }
  }
}
