import Tensors
import Testing

@Suite("NPY headers") struct NPYTests {
  private func text(_ header: [UInt8]) -> String { String(decoding: header[10...], as: UTF8.self) }

  @Test(
    arguments: [
      [], [0], [7], [1, 257, 384], [2, 3, 4, 5, 6], Array(repeating: 1, count: 60),
      Array(repeating: 123_456_789_012, count: NPY.axisLimit),
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
}
