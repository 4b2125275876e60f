import Imaging

/// Labelled pixels in groups that are held out together: whole strokes, or whole images.
///
/// Neighbouring pixels of one stroke are nearly alike, so that holding out single ones says nothing.
package struct StrokeFolds: Sendable {
  /// In how many shares features are chosen.
  static let usual = 4
  let count: Int
  /// The fold of each row.
  let folds: [Int]
  /// Whether whole images are held out.
  let isByImage: Bool

  /// Shares out the rows' strokes, connected labels of one class; of many images, the images.
  ///
  /// Each class's strokes go to the folds in turn, the largest first. `nil` where a class has fewer
  /// than two strokes.
  init?(
    of images: [TrainingImage], rows: [TrainingSet.Source.Place], classes: [Int32],
    _ count: Int = StrokeFolds.usual
  ) {
    self.count = count
    var groups: [Int] = []
    let byImage = images.count >= count
    isByImage = byImage
    var objects: [String: Components] = [:]
    for image in images where !byImage {
      objects[image.key] = Components(
        of: image.labels, ids: Set(image.labels.ids).subtracting([0, LabelClass.ignored]))
    }
    var names: [Name: Int] = [:]
    for row in rows {
      let object = objects[row.key].map { $0.objects[row.y * $0.size.width + row.x] } ?? 0
      let name = Name(key: row.key, object: object)
      let group = names[name] ?? names.count
      names[name] = group
      groups.append(group)
    }
    var folds = [Int](repeating: 0, count: names.count)
    guard !byImage else {
      for group in folds.indices { folds[group] = group % count }
      self.folds = groups.map { folds[$0] }
      return
    }
    var sizes = [Int](repeating: 0, count: names.count)
    var owners = [Int32](repeating: 0, count: names.count)
    for (row, group) in groups.enumerated() {
      sizes[group] += 1
      owners[group] = classes[row]
    }
    for owner in Set(classes).sorted() {
      let own = sizes.indices.filter { owners[$0] == owner }
      guard own.count > 1 else { return nil }
      // Not all classes begin with the first fold.
      for (place, group) in own.sorted(by: { (-sizes[$0], $0) < (-sizes[$1], $1) }).enumerated() {
        folds[group] = (place + Int(owner)) % count
      }
    }
    self.folds = groups.map { folds[$0] }
  }

  private struct Name: Hashable {
    let key: String
    let object: Int32
  }
}
