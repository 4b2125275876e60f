import Analysis
import Imaging
import Segmentation
import Support
import Testing

@Suite("Boxes of the foreground") struct ForegroundBoxesTests {
  /// Left, top and the last column and row, as the published code has them.
  private func corners(_ box: PixelRectangle) -> [Int] {
    [box.x, box.y, box.x + box.width - 1, box.y + box.height - 1]
  }

  @Test(.enabled(if: Golden.have("analysis/density_merge.safetensors")))
  func `ForegroundBoxes: the largest part and the classes' boxes are the reference's`() throws {
    let golden = try Golden("analysis/density_merge.safetensors")
    let labels = golden.ints("refined_4")
    let inside = golden.ints("foreground_refined_4")
    let foreground = Set(zip(labels, inside).filter { $1 == 1 }.map { UInt8($0.0) })
    let found = ForegroundBoxes(
      of: LabelImage(size: Size(width: 37, height: 37), ids: labels.map { UInt8($0) }),
      foreground: foreground, leastArea: 11
    ).boxes.map { corners($0.rectangle) }
    let superbox = golden.ints("superbox")
    #expect(
      FixtureTable.row("density_merge", "superbox", found.first ?? [], equal: superbox))
    // Of the boxes of classes the one that the largest part has already is left out.
    for key in ["boxes_area_over_10", "class_boxes_area_over_10"] {
      let all = golden.ints(key)
      let others = stride(from: 0, to: all.count, by: 4).map { Array(all[$0..<$0 + 4]) }
      #expect(
        FixtureTable.row(
          "density_merge", key, Array(found.dropFirst()), equal: others.filter { $0 != superbox }))
    }
  }

  @Test func `ForegroundBoxes: parts meet over corners, and small ones of classes have no box`() {
    let ids: [UInt8] = [
      1, 1, 0, 0, 0, 2,
      1, 1, 0, 0, 0, 0,
      0, 0, 2, 2, 0, 3,
      0, 0, 2, 0, 0, 3,
    ]
    let labels = LabelImage(size: Size(width: 6, height: 4), ids: ids)
    let found = ForegroundBoxes(of: labels, foreground: [1, 2], leastArea: 3).boxes
    #expect(found.map(\.area) == [7, 4, 3] && found.map(\.id) == [nil, 1, 2])
    #expect(found.map { corners($0.rectangle) } == [[0, 0, 3, 3], [0, 0, 1, 1], [2, 2, 3, 3]])
    #expect(found[1].centroid == [1, 1])
    let one = ForegroundBoxes(of: labels, foreground: [1], leastArea: 1).boxes
    #expect(one.map(\.area) == [4], "a class's box like the largest part's is left out")
    #expect(ForegroundBoxes(of: labels, foreground: [9]).boxes.isEmpty)
  }
}
