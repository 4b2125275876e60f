import Tensors
import Support
import Testing

@Suite("Array writers") struct ArrayWriterTests {
  /// Arrays of several shapes and types with elements of noise.
  static func arrays(_ random: inout SeededNumbers) -> [(ArrayOutline, [UInt8])] {
    (0...random.below(4)).map { number in
      let shape = (0..<random.below(4)).map { _ in random.below(6) }
      let type = ElementType.allCases[random.below(ElementType.allCases.count)]
      let outline = ArrayOutline(name: "array \(number)", shape: shape, type: type)
      return (outline, (0..<outline.byteCount).map { _ in UInt8(random.below(256)) })
    }
  }

  @Test func `the length is known before the first byte, however the elements come`() {
    var random = SeededNumbers(seed: 3)
    for round in 0..<300 {
      let format = ArrayFormat.allCases[round % ArrayFormat.allCases.count]
      var arrays = Self.arrays(&random)
      if !format.holdsMany { arrays = [arrays[0]] }
      if format == .tiff {
        let shape = [1 + random.below(5), 1 + random.below(5), 1 + random.below(5)]
        let outline = ArrayOutline(name: "stack", shape: shape, type: arrays[0].0.type)
        arrays = [(outline, [UInt8](repeating: 1, count: outline.byteCount))]
      }
      let whole = file(arrays, as: format)
      let writer = ArrayWriter(arrays.map(\.0), as: format)
      #expect(writer.length == whole.count, "\(format)")
      #expect(file(arrays, as: format, pieces: 1) == whole, "\(format)")
      #expect(file(arrays, as: format, pieces: 7) == whole, "\(format)")
    }
  }

  @Test func `raw is the elements, npy a header before them`() {
    let (outline, bytes) = (ArrayOutline(name: "x", shape: [3], type: .uint8), [UInt8]([1, 2, 3]))
    #expect(file([(outline, bytes)], as: .raw) == bytes)
    #expect(
      file([(outline, bytes)], as: .npy) == NPY.header(shape: [3], of: .uint8) + bytes)
  }

  @Test func `Safetensors: a header is its length, the metadata in order, the tensors, spaces`() {
    let arrays: [(ArrayOutline, [UInt8])] = [
      (ArrayOutline(name: "w \"1\"", shape: [1, 2], type: .uint16), [1, 2, 3, 4]),
      (ArrayOutline(name: "é", shape: [], type: .float32), [5, 6, 7, 8]),
    ]
    let header =
      #"{"__metadata__":{"a":"\\","b":"é\u000a\u001f/"},"#
      + #""w \"1\"":{"dtype":"U16","shape":[1,2],"data_offsets":[0,4]},"#
      + #""é":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}"#
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    #expect(
      file(arrays, as: .safetensors, metadata: ["b": "é\n\u{1F}/", "a": "\\"])
        == fileBytes(header: header + padding, data: [1, 2, 3, 4, 5, 6, 7, 8]))
  }

  @Test func `tensors that are written are read back with their metadata`() throws {
    var random = SeededNumbers(seed: 4)
    let metadata = ["model": "ViT-S/14 “é”", "a\"b\\c\u{1}\n": "\u{1F}/\u{7F}", "": ""]
    for round in 0..<100 {
      let arrays = Self.arrays(&random)
      let bytes = file(arrays, as: .safetensors, metadata: round % 2 == 0 ? metadata : [:])
      let read = try TensorFile(bytes)
      #expect(read.header.metadata == (round % 2 == 0 ? metadata : [:]))
      #expect(Set(read.header.tensors.keys) == Set(arrays.map(\.0.name)))
      for (outline, elements) in arrays {
        let array = try read.array(outline.name)
        #expect(array.shape == outline.shape && array.type == outline.type)
        #expect(Array(bytes[array.range]) == elements)
      }
      let start = read.header.tensors.values.map(\.range.lowerBound).min() ?? 0
      #expect(start % 8 == 0)
    }
  }

  @Test func `a tensor that is missing, or of a type that arrays have not, is named`() throws {
    let file = try TensorFile(
      fileBytes(header: "{" + member("x", "BF16", [1], 0, 2) + "}", data: [0, 0]))
    #expect(throws: ArrayFileError.missing(tensor: "y")) { try file.array("y") }
    #expect(throws: ArrayFileError.unknownDataType(tensor: "x", name: "BF16")) {
      try file.array("x")
    }
  }

  @Test(arguments: ElementType.allCases)
  func `a tensor's type is of its own size`(type: ElementType) {
    #expect(type.size * 8 == type.dataType.bits)
    #expect(type.descriptor.last?.wholeNumberValue == type.size)
  }
}

/// The whole file, its elements handed over in pieces of so many bytes.
func file(
  _ arrays: [(outline: ArrayOutline, elements: [UInt8])], as format: ArrayFormat,
  metadata: [String: String] = [:], pieces: Int = .max
) -> [UInt8] {
  var writer = ArrayWriter(arrays.map(\.outline), as: format, metadata: metadata)
  var bytes: [UInt8] = []
  for (_, elements) in arrays {
    bytes += writer.begin()
    var rest = elements[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieces))
      writer.pass(piece)
      writer.pass([])
      bytes += piece
      rest = rest.dropFirst(pieces)
    }
  }
  return bytes + writer.end()
}
