/// Which class each feature of a document is.
struct ShapeNaming {
  /// Of each feature.
  let ids: [UInt8]
  /// Those that features have, and those that are given, by their ids.
  let classes: [LabelClass]

  /// Throws `SegmentationError`: `malformedShapes` for a feature without a class, or of none of those
  /// given, and `badClasses` where names and ids do not agree.
  init(
    of document: GeoJSONDocument, given: [LabelClass]?
  ) throws(SegmentationError) {
    let told = if let given { given } else { try document.namedClasses() }
    var known = KnownClasses(told)
    var ids: [UInt8?] = []
    // Names that are to get an id, with the first colour of each.
    var free: [String: LabelClass.Color?] = [:]
    for (index, feature) in document.features.enumerated() {
      let classification = feature.properties?.classification
      let id = try known.id(of: feature, at: index)
      ids.append(id)
      if id == nil, let name = classification?.name, free[name] == nil {
        free.updateValue(classification?.color, forKey: name)
      }
    }
    let numbers = try known.add(free)
    self.ids = zip(ids, document.features).map { id, feature in
      guard let id = id ?? numbers[feature.properties?.classification?.name ?? ""] else {
        preconditionFailure("a feature of no class")
      }
      return id
    }
    classes = known.classes
    try LabelClass.check(classes)
  }
}

extension GeoJSONDocument {
  /// Its own list of classes, `nil` where it has none; throws `SegmentationError.badClasses`.
  fileprivate func namedClasses() throws(SegmentationError) -> [LabelClass]? {
    guard let classes else { return nil }
    let named = classes.map { one in
      LabelClass(id: one.id, name: one.name, color: one.color ?? LabelClass.unnamed(one.id).color)
    }
    try LabelClass.check(named)
    return named
  }
}

/// The classes that are given or that features tell, as they are read.
private struct KnownClasses {
  /// Empty ones stay.
  private var byID: [UInt8: LabelClass] = [:]
  /// The ids of the names that are given; `nil` where classes are not given.
  private let given: [String: UInt8]?

  init(_ told: [LabelClass]?) {
    for one in told ?? [] { byID[one.id] = one }
    given = told.map { Dictionary($0.map { ($0.name, $0.id) }) { first, _ in first } }
  }

  var classes: [LabelClass] {
    byID.values.filter { $0.id != LabelClass.ignored }.sorted { $0.id < $1.id }
  }

  /// The id of a feature's class, `nil` for a name that is to get one.
  mutating func id(
    of feature: GeoJSONDocument.Feature, at index: Int
  ) throws(SegmentationError) -> UInt8? {
    let classification = feature.properties?.classification
    let name = classification?.name
    if let id = name.flatMap({ given?[$0] }) { return id }
    guard let number = feature.properties?.id ?? name.flatMap({ KnownClasses.unnamed[$0] }) else {
      guard given == nil else { throw KnownClasses.unknown(index) }
      guard name != nil else {
        throw .malformedShapes(
          reason: "features[\(index)] has no class; properties.classification.name says it")
      }
      return nil
    }
    guard let id = UInt8(exactly: number), id > 0 else {
      throw .malformedShapes(
        reason: "features[\(index)].properties.id is \(number), from 1 to 255 is possible")
    }
    guard id != LabelClass.ignored else { return id }
    guard given == nil else {
      guard byID[id] != nil else { throw KnownClasses.unknown(index) }
      return id
    }
    let plain = LabelClass.unnamed(id)
    let one = LabelClass(
      id: id, name: name ?? plain.name, color: classification?.color ?? plain.color)
    if let other = byID[id], other.name != one.name {
      throw .badClasses(reason: "\(id) is the id of two names in one document")
    }
    byID[id] = byID[id] ?? one
    return id
  }

  /// Gives names the lowest free ids, in their order, and returns them.
  mutating func add(
    _ names: [String: LabelClass.Color?]
  ) throws(SegmentationError) -> [String: UInt8] {
    let places = (1...254).map { UInt8($0) }.filter { byID[$0] == nil }
    guard names.count <= places.count else {
      throw .badClasses(
        reason: "there are \(byID.count + names.count) classes; "
          + "the limit is \(LabelClass.mostClasses)")
    }
    guard !byID.values.contains(where: { names[$0.name] != nil }) else {
      throw .badClasses(reason: "one name has an id in some features of the document only")
    }
    var numbers: [String: UInt8] = [:]
    for (name, id) in zip(names.keys.sorted(), places) {
      numbers[name] = id
      byID[id] = LabelClass(
        id: id, name: name, color: (names[name] ?? nil) ?? LabelClass.unnamed(id).color)
    }
    return numbers
  }

  private static func unknown(_ index: Int) -> SegmentationError {
    .malformedShapes(reason: "features[\(index)] is of none of the classes that are given")
  }

  /// The ids of the names that classes have while they have no other.
  private static let unnamed = Dictionary(
    uniqueKeysWithValues: (1...254).map { (LabelClass.unnamed(UInt8($0)).name, $0) })
}
