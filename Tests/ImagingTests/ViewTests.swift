import Imaging
import Testing

@Suite("View") struct ViewTests {
  static let views: [View] = (-3...3).flatMap { down in
    [-2, 0, 5].flatMap { right in
      [false, true].flatMap { rows in
        [false, true].map { columns in
          View(down: down, right: right, flipsRows: rows, flipsColumns: columns)
        }
      }
    }
  }

  @Test(arguments: 1...9)
  func `View: positions and sources of rows are inverse, for every view`(length: Int) {
    for view in Self.views {
      for (source, position) in [
        (view.sourceRows(length), view.positionsOfRows(length)),
        (view.sourceColumns(length), view.positionsOfColumns(length)),
      ] {
        #expect(source.sorted() == Array(0..<length))
        #expect(position.map { source[$0] } == Array(0..<length), "\(view)")
        #expect(source.map { position[$0] } == Array(0..<length), "\(view)")
      }
    }
  }

  @Test func `View: a shift moves the image down and right, periodically`() {
    let view = View(down: 1, right: -2)
    #expect(view.sourceRows(5) == [4, 0, 1, 2, 3])
    #expect(view.sourceColumns(5) == [2, 3, 4, 0, 1])
  }

  @Test func `View: a flip comes after the shift`() {
    #expect(View(down: 1, flipsRows: true).sourceRows(5) == [3, 2, 1, 0, 4])
    #expect(View(flipsColumns: true).sourceColumns(3) == [2, 1, 0])
    #expect(View.identity.sourceRows(3) == [0, 1, 2])
  }
}
