import Imaging
import Testing

@Suite("Canvas") struct CanvasTests {
  static let patches = [1, 7, 8, 14, 16]

  @Test(arguments: patches)
  func `Canvas: padding reaches the next whole patch and shows the image alone`(patch: Int) throws {
    for width in 1...40 {
      let size = Size(width: width, height: 41 - width)
      let canvas = try #require(Canvas(size, fit: .pad, patch: patch))
      for (encoded, side) in [
        (canvas.encoded.width, size.width), (canvas.encoded.height, size.height),
      ] {
        #expect(encoded.isMultiple(of: patch))
        #expect(encoded >= side && encoded < side + patch)
      }
      #expect(canvas.shown == size)
      #expect(canvas.left == 0 && canvas.top == 0)
      #expect(Array(canvas.sourceColumns.prefix(width)) == Array(0..<width))
    }
  }

  @Test(arguments: patches)
  func `Canvas: cropping keeps the centre, with half a margin rounded as in Python`(patch: Int)
    throws
  {
    for width in 1...70 {
      let size = Size(width: width, height: 71)
      guard let canvas = Canvas(size, fit: .crop, patch: patch) else {
        #expect(width < patch)
        continue
      }
      let margin = width % patch
      #expect(canvas.encoded.width == width - margin)
      #expect(canvas.shown == canvas.encoded)
      #expect(canvas.left == Int((Double(margin) / 2).rounded(.toNearestOrEven)))
      #expect(
        canvas.sourceColumns == Array(canvas.left..<canvas.left + canvas.encoded.width))
    }
  }

  @Test
  func `Canvas: a frame has the image in its corner, and accepts none that is larger`() throws {
    for width in 1...20 {
      let size = Size(width: width, height: 21 - width)
      guard let canvas = Canvas(size, fit: .frame, patch: 16) else {
        #expect(width > 16 || 21 - width > 16)
        continue
      }
      #expect(canvas.encoded == Size(width: 16, height: 16) && canvas.shown == size)
      #expect(canvas.sourceColumns == Array(0..<width))
      #expect(canvas.sourceRows == Array(0..<21 - width))
      #expect(canvas.left == 0 && canvas.top == 0)
    }
  }

  /// `numpy.pad` defines reflection as moving to and fro between the ends.
  @Test func `Canvas: an index beyond an edge is mirrored, repeatedly`() throws {
    for length in 1...9 {
      let canvas = try #require(
        Canvas(Size(width: length, height: 1), fit: .pad, patch: 40))
      var expected: [Int] = []
      var (at, step) = (0, 1)
      for _ in 0..<40 {
        expected.append(at)
        if length > 1 {
          if !(0..<length).contains(at + step) { step = -step }
          at += step
        }
      }
      #expect(canvas.sourceColumns == expected)
    }
  }

  @Test func `Canvas: reflection equals NumPy's`() throws {
    // numpy.pad(numpy.arange(5), (0, 9), "reflect")
    let canvas = try #require(Canvas(Size(width: 5, height: 2), fit: .pad, patch: 14))
    #expect(canvas.sourceColumns == [0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3])
    #expect(canvas.sourceRows == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
  }

  @Test func `Canvas: the reference's crop of a 1024×896 image begins at 1 and 0`() throws {
    let canvas = try #require(Canvas(Size(width: 1024, height: 896), fit: .crop, patch: 14))
    #expect(canvas.encoded == Size(width: 1022, height: 896))
    #expect(canvas.left == 1 && canvas.top == 0)
  }
}
