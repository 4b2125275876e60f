import Imaging
import Rendering
import Testing

@Suite("Contact sheet") struct ContactSheetTests {
  /// Of so many pictures, and of what size, the sheet's columns and rows.
  @Test(arguments: [
    (1, 10, 10, 1, 1), (2, 10, 10, 1, 2), (4, 10, 10, 2, 2), (5, 10, 10, 2, 3),
    (200, 10, 10, 14, 15),
    (6, 30, 10, 1, 6), (6, 10, 30, 5, 2), (7, 10, 10, 3, 3), (10_000, 512, 512, 100, 100),
  ])
  func `Contact sheet: it is as nearly square as the pictures allow`(
    count: Int, width: Int, height: Int, columns: Int, rows: Int
  ) {
    let size = ContactSheet.size(of: count, Size(width: width, height: height))
    #expect(size == Size(width: columns * width, height: rows * height))
  }

  @Test(arguments: [1, 3])
  func `Contact sheet: pictures lie in rows, and what remains is black`(channels: Int) {
    let part = Size(width: 3, height: 2)
    var sheet = ContactSheet(of: 5, part, channels: channels)
    for index in 0..<5 {
      let samples = (0..<6 * channels).map { UInt8(10 * index + $0 + 1) }
      sheet.place(
        Raster(size: part, channels: channels, samples: .uint8(samples)), at: index)
    }
    let raster = sheet.raster
    #expect(raster.size == sheet.size && raster.size == Size(width: 6, height: 6))
    for index in 0..<6 {
      let (row, column) = index.quotientAndRemainder(dividingBy: 2)
      let found = raster.cropped(2 * row..<2 * row + 2, 3 * column..<3 * column + 3)
      let expected = (0..<6 * channels).map { index < 5 ? UInt8(10 * index + $0 + 1) : 0 }
      #expect(found.samples == .uint8(expected), "\(index)")
    }
  }
}
