import Foundation
import Imaging
import LinearAlgebra
import Rendering
import Segmentation

/// A part of a picture whose classes are measured.
struct MeasuredImage {
  let name: String
  let labels: LabelImage
  let classes: [LabelClass]
  let pixelSize: PixelSize?
  /// `nil` where the picture is not known.
  private let grey: [Float]?
  /// One plane for each class that the classifier answers, `[classes, height · width]`.
  private let probabilities: Probabilities?
  /// `nil` of a classifier without refits, and of posted labels.
  private let errors: Errors?

  /// What is known of the segmentation's own errors.
  struct Errors {
    let spread: RefitSpread
    /// By the classes' ids.
    let accuracies: [String: Double]
  }

  var size: Size { labels.size }

  init(
    name: String, labels: LabelImage, grey: GreyPicture?, classes: [LabelClass],
    probabilities: Probabilities? = nil, errors: Errors? = nil, pixel: PixelSize?, window: Window
  ) {
    let size = window.size
    func cropped<Value>(_ values: [Value]) -> [Value] { window.cut(values, of: labels.size) }
    self.name = name
    self.labels = labels.cropped(to: window)
    self.errors = errors
    self.classes = classes
    self.grey = grey.map { cropped($0.values) }
    self.probabilities = probabilities.map { whole in
      let planes = whole.ids.indices.flatMap { cropped(whole.planes.row($0)) }
      return Probabilities(
        size: size, ids: whole.ids,
        planes: Matrix(rows: whole.ids.count, columns: size.width * size.height, planes))
    }
    pixelSize = pixel
  }

  /// Micrometres of a length of one pixel; `nil` where sides differ by more than a hundredth.
  private var length: Double? {
    guard let pixelSize else { return nil }
    let (w, h) = (pixelSize.width, pixelSize.height)
    return abs(w - h) <= 0.01 * max(w, h) ? 1e6 * (w * h).squareRoot() : nil
  }

  private var area: Double? { pixelSize.map { 1e12 * $0.width * $0.height } }

  /// What a reader of the numbers must know.
  func notices(of quantity: MeasurementsOutput.Quantity) -> [String] {
    var notices: [String] = []
    if pixelSize == nil { notices.append("The image has no pixel size: lengths are in pixels.") }
    if pixelSize != nil, length == nil {
      notices.append("The sides of a pixel differ: lengths are in pixels, areas have units.")
    }
    guard quantity == .fractions else { return notices }
    notices.append(
      "Intervals are of sampling alone: of the material, if it is like the image; not of the "
        + "segmentation's errors, of which the soft fraction's difference is a sign.")
    if errors != nil {
      notices.append(
        "refit_sd is the standard error of the fraction by refits without a share of the strokes "
          + "each, held_out_accuracy the share of those strokes' pixels that they answered rightly."
      )
    }
    if whole == nil {
      notices.append(
        "What is left out is not beside the rest, so that intervals are missing: region=x,y,w,h "
          + "measures a rectangle.")
    }
    return notices
  }

  func table(
    of quantity: MeasurementsOutput.Quantity, workers: ThreadPool?
  ) throws(FeaturizationError) -> Table {
    switch quantity {
    case .fractions: fractions(workers)
    case .objects: try objects()
    case .interfaces: interfaces()
    case .correlation: correlation(workers)
    }
  }

  private var named: [(id: UInt8, cells: [Table.Value])] {
    classes.map { ($0.id, [.text(name), .text($0.name), .whole(Int($0.id))]) }
  }
}

// MARK: Fractions and correlations

extension MeasuredImage {
  /// The rectangle around what counts, where all of it does; intervals are of rectangles alone.
  private var whole: Window? {
    var (top, bottom, left, right, count) = (size.height, -1, size.width, -1, 0)
    for (place, id) in labels.ids.enumerated()
    where id != LabelClass.unlabelled && id != LabelClass.ignored {
      let (x, y) = (place % size.width, place / size.width)
      (top, bottom) = (min(top, y), max(bottom, y))
      (left, right) = (min(left, x), max(right, x))
      count += 1
    }
    guard count > 0, (bottom + 1 - top) * (right + 1 - left) == count else { return nil }
    return Window(rows: top..<bottom + 1, columns: left..<right + 1)
  }

  private func isInside(_ id: UInt8, _ window: Window) -> [Bool] {
    window.rows.flatMap { row in
      window.columns.map { labels.ids[row * size.width + $0] == id }
    }
  }

  private func fractions(_ workers: ThreadPool?) -> Table {
    var table = Table([
      "image", "class", "id", "fraction", "ci_low", "ci_high", "soft_fraction",
      "mean_probability", "n_px", "area_um2", "refit_sd", "held_out_accuracy",
    ])
    let found = PhaseFractions(of: labels)
    let mask = labels.ids.map { $0 != LabelClass.unlabelled && $0 != LabelClass.ignored }
    let soft = probabilities?.means(where: mask)
    let window = whole
    for (id, cells) in named {
      let count = found.pixels[id] ?? 0
      let interval = window.flatMap {
        SamplingError(of: isInside(id, $0), size: $0.size, workers: workers)?.interval
      }
      let plane = probabilities?.ids.firstIndex(of: id)
      var sure: Double?
      if let probabilities, let plane, count > 0 {
        let row = probabilities.planes.row(plane)
        sure =
          labels.ids.indices.reduce(0.0) {
            labels.ids[$1] == id ? $0 + Double(row[$1]) : $0
          } / Double(count)
      }
      table.append(
        cells + [
          .number(found[id]), .init(interval?.lowerBound), .init(interval?.upperBound),
          .init(plane.flatMap { soft?[$0] }), .init(sure), .whole(count),
          .init(area.map { Double(count) * $0 }), .init(errors?.spread[id]),
          .init(errors?.accuracies["\(id)"]),
        ])
    }
    return table
  }

  private func correlation(_ workers: ThreadPool?) -> Table {
    var table = Table(["image", "class", "id", "r_px", "r_um", "s2"])
    for (id, cells) in named where labels.ids.contains(id) {
      let values = TwoPointCorrelation(
        of: labels.ids.map { $0 == id }, size: size, workers: workers
      ).radial
      for (r, value) in values.enumerated() {
        table.append(cells + [.whole(r), .init(length.map { Double(r) * $0 }), .number(value)])
      }
    }
    return table
  }
}

// MARK: Interfaces

extension MeasuredImage {
  /// A row for each pair of classes that touch, and one for each class against all others.
  private func interfaces() -> Table {
    var table = Table([
      "image", "class", "id", "other_class", "other_id", "length_px", "length_um",
      "surface_per_volume_per_px", "surface_per_volume_per_um", "mean_intercept_px",
      "mean_intercept_um", "row_intercept_px", "column_intercept_px",
    ])
    let found = Interfaces(of: labels)
    let fractions = PhaseFractions(of: labels)
    let names = Dictionary(uniqueKeysWithValues: classes.map { ($0.id, $0.name) })
    let none = [Table.Value](repeating: .none, count: 6)
    for (id, cells) in named where fractions.pixels[id] != nil {
      let pairs = found.lengths.filter { $0.key.first == id || $0.key.second == id }
      let total = pairs.values.reduce(0, +)
      let intercept = found.meanIntercept(of: id, fraction: fractions[id])
      table.append(
        cells + [
          .none, .none, .number(total), .init(length.map { $0 * total }),
          .number(found.surface(of: id)), .init(length.map { found.surface(of: id) / $0 }),
          .init(intercept), .init(length.flatMap { unit in intercept.map { $0 * unit } }),
          .init(found.rowIntercepts[id]), .init(found.columnIntercepts[id]),
        ])
      for (pair, value) in pairs.sorted(by: { $0.key.second < $1.key.second })
      where pair.first == id {
        table.append(
          cells + [
            .text(names[pair.second] ?? "\(pair.second)"), .whole(Int(pair.second)),
            .number(value), .init(length.map { $0 * value }),
          ] + none)
      }
    }
    return table
  }
}

// MARK: Objects

extension MeasuredImage {
  private static let objectColumns = [
    "image", "class", "id", "object", "area_px", "area_um2", "equivalent_diameter_px",
    "equivalent_diameter_um", "major_axis_px", "major_axis_um", "minor_axis_px", "minor_axis_um",
    "aspect_ratio", "eccentricity", "orientation_deg", "perimeter_px", "perimeter_um",
    "crofton_perimeter_px", "crofton_perimeter_um", "circularity", "feret_max_px", "feret_max_um",
    "solidity", "extent", "euler_number", "x_px", "y_px", "left_px", "top_px", "width_px",
    "height_px", "touches_edge", "mean_grey", "mean_probability",
  ]

  private func objects() throws(FeaturizationError) -> Table {
    var table = Table(MeasuredImage.objectColumns)
    let components = Components(of: labels, ids: Set(classes.map(\.id)))
    let most = MeasurementsOutput.mostObjects
    guard components.count <= most else {
      throw .tooManyObjects(limit: most, objects: components.count)
    }
    let cells = Dictionary(uniqueKeysWithValues: named.map { ($0.id, $0.cells) })
    let means = means(over: components)
    let hulls = components.hulls
    for (place, object) in components.properties.enumerated() {
      let cells = cells[object.id] ?? []
      table.append(
        cells + [.whole(place + 1)] + values(of: object, hulls[place])
          + [.init(means.grey?[place]), .init(means.probability?[place])])
    }
    return table
  }

  private func values(of object: RegionProperties, _ hull: ConvexHull) -> [Table.Value] {
    func both(_ pixels: Double) -> [Table.Value] {
      [.number(pixels), .init(length.map { $0 * pixels })]
    }
    let aspect = object.minorAxis > 0 ? object.majorAxis / object.minorAxis : nil
    var values: [Table.Value] = [
      .whole(object.area), .init(area.map { $0 * Double(object.area) }),
    ]
    values += both(object.equivalentDiameter) + both(object.majorAxis) + both(object.minorAxis)
    values += [
      .init(aspect), .number(object.eccentricity), .number(object.orientation * 180 / .pi),
    ]
    values += both(object.perimeter) + both(object.croftonPerimeter)
    values.append(.init(object.circularity))
    values += both(hull.largestDiameter)
    return values + [
      .number(Double(object.area) / Double(hull.area)), .number(object.extent),
      .whole(object.eulerNumber), .number(object.centroid.column), .number(object.centroid.row),
      .whole(object.columns.lowerBound), .whole(object.rows.lowerBound),
      .whole(object.columns.count), .whole(object.rows.count), .flag(object.touchesEdge),
    ]
  }

  /// Means over each object of the grey level, 0…255, and of its class's probability.
  private func means(over components: Components) -> (grey: [Double]?, probability: [Double]?) {
    let areas = components.areas.map { Double($0) }
    var grey = [Double](repeating: 0, count: components.count)
    var sure = [Double](repeating: 0, count: components.count)
    var planes = [[Float]](repeating: [], count: 256)
    if let probabilities {
      for (plane, id) in probabilities.ids.enumerated() {
        planes[Int(id)] = probabilities.planes.row(plane)
      }
    }
    for (place, number) in components.objects.enumerated() where number > 0 {
      let object = Int(number) - 1
      if let levels = self.grey { grey[object] += Double(levels[place]) }
      let plane = planes[Int(components.ids[object])]
      if !plane.isEmpty { sure[object] += Double(plane[place]) }
    }
    return (
      self.grey == nil ? nil : zip(grey, areas).map { $0 / $1 },
      probabilities == nil ? nil : zip(sure, areas).map { $0 / $1 }
    )
  }
}

extension LabelImage {
  func cropped(to window: Window) -> LabelImage {
    LabelImage(size: window.size, ids: window.cut(ids, of: size))
  }
}

extension Window {
  /// Its part of a picture's values.
  fileprivate func cut<Value>(_ values: [Value], of whole: Size) -> [Value] {
    guard size != whole else { return values }
    return rows.flatMap { row in
      values[
        row * whole.width + columns.lowerBound..<row * whole.width + columns.upperBound]
    }
  }
}
