import LinearAlgebra
import Rendering
import Testing

@Suite("NPY") struct NPYTests {
  private func text(_ header: [UInt8]) -> String { String(decoding: header[10...], as: UTF8.self) }

  @Test(
    arguments: [
      [], [0], [7], [1, 257, 384], [2, 3, 4, 5, 6], Array(repeating: 1, count: 60),
      Array(repeating: 123_456_789, count: 1000),
    ], ElementType.allCases)
  func `headers are whole multiples of 64 bytes that state their own length`(
    shape: [Int], type: ElementType
  ) {
    let header = NPY.header(shape: shape, of: type)
    #expect(header.count % 64 == 0)
    #expect(Array(header[0..<8]) == [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
    #expect(Int(header[8]) + Int(header[9]) << 8 == header.count - 10)
    #expect(header.last == 0x0a)
    #expect(header.dropFirst(10).dropLast().allSatisfy { $0 >= 0x20 && $0 < 0x7f })
  }

  @Test func `headers read as NumPy writes them`() {
    let header = NPY.header(shape: [257, 384], of: .float32)
    #expect(header.count == 128 && header[8] == 0x76 && header[9] == 0)
    let entries = "{'descr': '<f4', 'fortran_order': False, 'shape': (257, 384), }"
    #expect(text(header) == entries + String(repeating: " ", count: 117 - entries.count) + "\n")
    #expect(text(NPY.header(shape: [], of: .float16)).contains("'descr': '<f2'"))
    #expect(text(NPY.header(shape: [], of: .float16)).contains("'shape': (), }"))
    #expect(text(NPY.header(shape: [3], of: .uint8)).contains("'|u1', 'fortran_order': False"))
    #expect(text(NPY.header(shape: [3], of: .int32)).contains("'shape': (3,), }"))
  }

  @Test func `values are written little-endian, row after row, margins left out`() {
    let matrix = Matrix(rows: 2, columns: 3, [9, 1, -2, 9, 0.5, 65520])
    let block = matrix[rows: 0..<2, columns: 1..<3]
    var (floats, halves): ([UInt8], [UInt8]) = ([7], [7])
    FloatFormat.float32.append(block, to: &floats)
    FloatFormat.float16.append(block, to: &halves)
    #expect(
      floats == [7, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0xf0, 0x7f, 0x47])
    #expect(halves == [7, 0, 0x3c, 0, 0xc0, 0, 0x38, 0, 0x7c])
    for format in FloatFormat.allCases {
      var bytes: [UInt8] = []
      format.append(block, to: &bytes)
      #expect(bytes.count == 4 * format.element.size)
    }
  }
}
