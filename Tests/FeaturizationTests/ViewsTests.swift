import Featurization
import Imaging
import Support
import Testing

@Suite("Views of a request") struct ViewsTests {
  let size = Size(width: 56, height: 42)

  private func views(_ query: String, of size: Size) throws -> [(view: View, count: Int)] {
    try parse(query).field.views(of: size)
  }

  /// Query, number of views, number of distinct ones.
  ///
  /// Source: the sizes of HR-Dv2's transform lists.
  static let counts = [
    ("flips=none", 1, 1),
    ("flips=none&shifts=1", 9, 9),
    ("flips=none&shifts=1,2", 17, 17),
    ("quality=hrdv2", 17, 17),
    ("flips=none&shifts=1&neighbourhood=neumann", 5, 5),
    ("flips=none&shifts=1,2&neighbourhood=neumann", 9, 9),
    ("flips=both", 4, 4),
    ("flips=horizontal", 2, 2),
    ("flips=vertical", 2, 2),
    ("flips=hrdv2", 4, 3),
    ("flips=hrdv2&shifts=1&neighbourhood=neumann", 20, 15),
    ("shifts=1&flips=both", 36, 36),
    ("flips=none&rotations=quarter", 4, 4),
    ("flips=both&rotations=quarter", 16, 8),
    ("grid=patch&shifts=1,2", 1, 1),
    ("output=cls&quality=hrdv2", 1, 1),
  ]

  @Test(arguments: counts)
  func `Views: their number is that of the method`(query: String, all: Int, distinct: Int) throws {
    let views = try views(query, of: Size(width: 56, height: 56))
    #expect(views.reduce(0) { $0 + $1.count } == all)
    #expect(views.count == distinct)
    #expect(Set(views.map(\.view)).count == distinct)
    #expect(try parse(query).field.viewBound == all)
    #expect(views.first?.view == .identity)
  }

  @Test func `Views: the reference's flips count the identity twice`() throws {
    let views = try views("flips=hrdv2", of: size)
    #expect(views.map(\.count) == [2, 1, 1])
    #expect(
      views.map(\.view) == [.identity, View(flipsColumns: true), View(flipsRows: true)])
  }

  @Test
  func `Views: quarter turns of all flips are the eight symmetries of a square, each twice`() throws
  {
    let views = try views("flips=both&rotations=quarter", of: Size(width: 28, height: 28))
    #expect(views.map(\.count) == Array(repeating: 2, count: 8))
    var all: Set<View> = []
    for bits in 0..<8 {
      all.insert(
        View(flipsRows: bits & 1 != 0, flipsColumns: bits & 2 != 0, isTransposed: bits & 4 != 0))
    }
    #expect(Set(views.map(\.view)) == all)
  }

  @Test func `Views: quarter turns alone are four different rotations`() throws {
    let side = 5
    let square = Array(0..<side * side)
    var turned = square
    var expected: Set<[Int]> = []
    for _ in 0..<4 {
      expected.insert(turned)
      turned = square.indices.map { turned[(side - 1 - $0 % side) * side + $0 / side] }
    }
    let views = try views("flips=none&rotations=quarter", of: Size(width: side, height: side))
    let seen = views.map { view, _ in
      let (rows, columns) = (view.sourceRows(side), view.sourceColumns(side))
      return square.indices.map { index in
        let (y, x) = (index / side, index % side)
        return view.isTransposed ? rows[x] * side + columns[y] : rows[y] * side + columns[x]
      }
    }
    #expect(Set(seen) == expected)
  }

  @Test func `Views: shifts go down and to the right, in the reference's order`() throws {
    let views = try views("flips=none&shifts=2&neighbourhood=neumann", of: size)
    let expected = [(0, 0), (40, 0), (0, 54), (0, 2), (2, 0)]
    #expect(views.map(\.view) == expected.map { View(down: $0.0, right: $0.1) })
  }

  @Test func `Views: shifts are taken modulo the size, and equal views are merged`() throws {
    // 42 rows and 56 columns: 42 down is the identity, and so is 56 to the right.
    let whole = try views("flips=none&shifts=42&neighbourhood=neumann", of: size)
    #expect(whole.map(\.count) == [3, 1, 1])
    let half = try views("flips=none&shifts=28&neighbourhood=neumann", of: size)
    #expect(half.map(\.count) == [1, 1, 2, 1])
    for (_, count) in whole + half { #expect(count > 0) }
    for query in ["flips=none&shifts=256,255", "quality=hrdv2"] {
      for size in [size, Size(width: 14, height: 14), Size(width: 1, height: 1)] {
        let views = try views(query, of: size)
        #expect(views.reduce(0) { $0 + $1.count } == 17)
        for (view, _) in views {
          #expect((0..<size.height).contains(view.down))
          #expect((0..<size.width).contains(view.right))
        }
      }
    }
  }
}
