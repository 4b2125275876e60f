import Tensors
import Checkpoints
import Files
import Glibc
import Support
import Testing

@Suite("Safetensors files") struct SafeTensorsTests {
  /// Four tensors out of order, an empty one and a scalar among them, metadata, and padding.
  static let values: [Float] = [1, -2, 0.5, .infinity, -0.0, .leastNonzeroMagnitude]
  static let valid: [UInt8] = fileBytes(
    header: "{" + #""__metadata__":{"format":"pt","a":"\u00e9\ud83d\ude00\n"},"#
      + member("b.weight", "F32", [2, 3], 4, 28) + " ,\n"
      + member("none", "F32", [0, 7], 4, 4) + "," + member("scalar", "F32", [], 0, 4) + ","
      + member("half", "F16", [2], 28, 32) + "}   ",
    data: bytes(of: [7]) + bytes(of: values) + littleEndian(UInt16(0x3C00))
      + littleEndian(UInt16(0xC000)))

  @Test
  func `what was written is read back`() throws {
    try withFile(Self.valid) { path in
      let file = try Checkpoint(safetensors: File(reading: path))
      #expect(Set(file.tensors.keys) == ["b.weight", "none", "scalar", "half"])
      let weight = try #require(file.tensors["b.weight"])
      #expect(weight.dataType == .f32 && weight.shape == [2, 3] && weight.count == 6)
      let read = try file.floats("b.weight")
      #expect(read.map(\.bitPattern) == Self.values.map(\.bitPattern))
      #expect(try file.floats("none") == [])
      #expect(try file.floats("scalar") == [7])
      #expect(try file.floats("half") == [1, -2])
      #expect(throws: CheckpointError.missing(tensor: "B.weight")) { try file.floats("B.weight") }
    }
  }

  @Test(arguments: 0..<valid.count)
  func `a file cut anywhere is refused`(length: Int) throws {
    try withFile(Array(Self.valid[..<length])) { path in
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint(safetensors: File(reading: path))
      }
      if case .malformed = error { return }
      Issue.record("\(String(describing: error))")
    }
  }

  @Test
  func `what breaks a rule of the format is told in the format's words`() throws {
    let header = "{" + member("a", "U8", [1], 0, 1) + "}"
    try withFile(fileBytes(header: header, data: [0, 0])) { path in
      #expect(throws: CheckpointError.malformed(.trailingBytes(tensor: "a", count: 1))) {
        try Checkpoint(safetensors: File(reading: path))
      }
    }
  }

  @Test
  func `a file without tensors is a file`() throws {
    for header in ["{}", "{\n}\t", #"{"__metadata__":{}}  "#] {
      let tensors = try withFile(fileBytes(header: header)) {
        try Checkpoint(safetensors: File(reading: $0)).tensors
      }
      #expect(tensors.isEmpty)
    }
  }

  @Test
  func `a name is what its escapes spell`() throws {
    let header = "{" + member(#"\u0061\/\t\"\\"#, "U8", [1], 0, 1) + "}"
    let tensors = try withFile(fileBytes(header: header, data: [0])) {
      try Checkpoint(safetensors: File(reading: $0)).tensors
    }
    #expect(Array(tensors.keys) == ["a/\t\"\\"])
  }

  @Test
  func `every half converts exactly`() throws {
    let halves = (0...UInt16.max).map { $0 }
    let header = "{" + member("x", "F16", [65536], 0, 131072) + "}"
    let floats = try withFile(fileBytes(header: header, data: halves.flatMap(littleEndian))) {
      try Checkpoint(safetensors: File(reading: $0)).floats("x")
    }
    let wrong = zip(halves, floats).filter { half, float in
      let oracle = Float(Float16(bitPattern: half))
      return float.bitPattern != oracle.bitPattern && !(float.isNaN && oracle.isNaN)
    }
    #expect(wrong.count == 0, "the first is \(wrong[0])")
  }

  @Test
  func `every bfloat16 is the upper half of its float`() throws {
    let uppers = (0...UInt16.max).map { $0 }
    let header = "{" + member("x", "BF16", [256, 256], 0, 131072) + "}"
    let floats = try withFile(fileBytes(header: header, data: uppers.flatMap(littleEndian))) {
      try Checkpoint(safetensors: File(reading: $0)).floats("x")
    }
    let areEqual = floats.map(\.bitPattern) == uppers.map { UInt32($0) << 16 }
    #expect(areEqual)
  }

  @Test
  func `doubles are rounded to the nearest float`() throws {
    let doubles: [Double] = [0.1, 1e300, -1e-300, 16_777_217]
    let header = "{" + member("x", "F64", [4], 0, 32) + "}"
    let data = doubles.flatMap { littleEndian($0.bitPattern) }
    let floats = try withFile(fileBytes(header: header, data: data)) {
      try Checkpoint(safetensors: File(reading: $0)).floats("x")
    }
    #expect(floats == [0.1, .infinity, -0.0, 16_777_216])
  }

  @Test(arguments: DataType.allCases)
  func `every type is known, and converts or says that it does not`(type: DataType) throws {
    let size = type.bits
    let header = "{" + member("x", type.rawValue, [8], 0, size) + "}"
    let file = fileBytes(header: header, data: [UInt8](repeating: 0, count: size))
    if [.f4, .f6E2M3, .f6E3M2, .f8E5M2, .f8E4M3, .f8E8M0, .c64].contains(type) {
      #expect(throws: CheckpointError.notConvertible(tensor: "x", dataType: type)) {
        try Checkpoint(safetensors: ByteArray(file)).floats("x")
      }
    } else {
      let checkpoint = try Checkpoint(safetensors: ByteArray(file))
      #expect(try checkpoint.floats("x") == [Float](repeating: 0, count: 8))
    }
  }

  @Test
  func `what is not a file is refused by name`() throws {
    #expect(throws: CheckpointError.unreadable(.refused(path: "/nowhere/at/all", code: 2))) {
      try Checkpoint(path: "/nowhere/at/all")
    }
    for path in ["/", "/dev/zero"] {
      #expect(throws: CheckpointError.unreadable(.notAFile(path: path))) {
        try Checkpoint(path: path)
      }
    }
  }

  @Test
  func `a file that is shortened while it is read is an error`() throws {
    try withFile(Self.valid) { path in
      let file = try Checkpoint(safetensors: File(reading: path))
      #expect(unsafe truncate(path, Self.valid.count - 2) == 0)
      #expect(
        throws: CheckpointError.truncated(bytes: Self.valid.count - 2, needed: Self.valid.count)
      ) {
        try file.floats("half")
      }
      #expect(try file.floats("scalar") == [7])
    }
  }
}
