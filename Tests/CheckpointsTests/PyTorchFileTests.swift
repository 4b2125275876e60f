import Tensors
import Checkpoints
import Support
import Testing

/// Both of PyTorch's containers, put together by hand where no program writes what is wrong.
@Suite("PyTorch's containers") struct PyTorchFileTests {
  /// `{"a": …}`, two elements of storage `0`.
  private static func weights(count: Int = 2, of type: String = "FloatStorage") -> [UInt8] {
    let storage = Pickled.storage("0", of: type, count: count)
    return Pickled.file(
      Pickled.dictionary(("a", Pickled.tensor(storage, shape: [2], strides: [1]))))
  }

  private static func archive(
    _ pickle: [UInt8] = weights(), data: [UInt8] = bytes(of: [1, 2]),
    and others: [(String, [UInt8])]
  ) throws -> Checkpoint {
    let members = [("m/data.pkl", pickle), ("m/data/0", data)] + others
    return try Checkpoint(
      ByteArray(ForgedZIP(members.map { .init(name: $0.0, data: $0.1) }).bytes))
  }

  /// What a damaged file lacks.
  private func expectation(of file: () throws -> Checkpoint) -> String {
    do {
      return "\(try file().tensors)"
    } catch CheckpointError.malformedArchive(_, let expected) {
      return expected
    } catch CheckpointError.malformedPickle(_, let expected) {
      return expected
    } catch {
      return "\(error)"
    }
  }

  @Test
  func `an archive says that its numbers are little-endian, or nothing`() throws {
    let kinds: [[(String, [UInt8])]] = [
      [], [("m/byteorder", Array("little".utf8))], [("m/version", [0x33])],
    ]
    for others in kinds {
      #expect(try Self.archive(and: others).floats("a") == [1, 2])
    }
    let found = expectation { try Self.archive(and: [("m/byteorder", Array("big".utf8))]) }
    #expect(found == "little-endian numbers")
  }

  @Test(arguments: [
    ("m/constants.pkl", ForeignFormat.torchScript), ("m/code/model.py", .torchScript),
    ("n/data.pkl", .otherZIP),
  ])
  func `programs, and archives of two pickles, are no checkpoints`(
    name: String, format: ForeignFormat
  ) {
    #expect(throws: CheckpointError.foreign(format)) { try Self.archive(and: [(name, [0x2E])]) }
  }

  @Test
  func `a storage has the bytes that the pickle says, or more where they have no type`() throws {
    let three = bytes(of: [1, 2, 3])
    #expect(throws: CheckpointError.wrongStorageSize(key: "0", wanted: 8, found: 12)) {
      try Self.archive(data: three, and: [])
    }
    #expect(throws: CheckpointError.wrongStorageSize(key: "0", wanted: 16, found: 12)) {
      try Self.archive(Self.weights(count: 4), data: three, and: [])
    }
    let untyped = Self.weights(of: "UntypedStorage")
    #expect(try Self.archive(untyped, data: [7, 8, 9], and: []).floats("a") == [7, 8])
    #expect(throws: CheckpointError.wrongStorageSize(key: "0", wanted: 2, found: 1)) {
      try Self.archive(untyped, data: [7], and: [])
    }
    let other = Pickled.storage("1", count: 2)
    #expect(throws: CheckpointError.missingStorage(key: "1")) {
      try Self.archive(
        Pickled.file(Pickled.dictionary(("a", Pickled.tensor(other, shape: [2], strides: [1])))),
        and: [])
    }
  }

  @Test(arguments: [("CharStorage", Float(-2)), ("ByteStorage", 254)])
  func `a byte is signed where its storage is`(type: String, value: Float) throws {
    let file = try Self.archive(Self.weights(of: type), data: [0xFE, 1], and: [])
    #expect(try file.floats("a") == [value, 1])
  }

  /// The magic number, a version, a system, the weights, the keys, and what storage `0` holds.
  private static func stream(
    version: Int = 1001, isLittle: Bool = true, _ pickle: [UInt8] = weights(),
    values: [Float] = [1, 2]
  ) throws -> Checkpoint {
    let magic: [UInt8] = [
      0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]
    let system = Pickled.dictionary(("little_endian", [isLittle ? 0x88 : 0x89]))
    let keys = [0x5D, 0x28] + Pickled.text("0") + [0x65]
    var file = magic + Pickled.file(Pickled.int(version)) + Pickled.file(system) + pickle
    file += Pickled.file(keys) + littleEndian(UInt64(values.count)) + bytes(of: values)
    return try Checkpoint(ByteArray(file))
  }

  @Test
  func `a stream is of the one version, and its numbers are little-endian`() throws {
    #expect(try Self.stream().floats("a") == [1, 2])
    #expect(expectation { try Self.stream(version: 1000) } == "version 1001")
    #expect(expectation { try Self.stream(isLittle: false) } == "little-endian numbers")
  }

  /// PyTorch once wrote storages that were parts of others.
  @Test
  func `a tensor in a part of a storage begins where that does`() throws {
    let part = Pickled.tuple(Pickled.text("9"), Pickled.int(2), Pickled.int(3))
    let storage = Pickled.storage("0", count: 6, view: part)
    let tensor = Pickled.tensor(storage, offset: 1, shape: [2], strides: [1])
    let stream = try Self.stream(
      Pickled.file(Pickled.dictionary(("a", tensor))), values: [0, 1, 2, 3, 4, 5])
    #expect(try stream.floats("a") == [3, 4])
  }
}
