import Tensors
import Checkpoints
import Foundation
import Support
import Testing

@Suite("Checkpoint") struct CheckpointTests {
  @Test(arguments: [
    ("protocol2.pth", "state"), ("protocol3.pth", "state"), ("protocol4.pth", "state"),
    ("protocol5.pth", "state"), ("views.pth", "views"), ("views_stream.pth", "views"),
    ("deflated.pth", "views"), ("types.pth", "types"), ("types_stream.pth", "types"),
  ])
  func `what PyTorch saved is read back, bit by bit`(name: String, group: String) throws {
    let checkpoint = try PyTorchFixtures.open(name)
    #expect(checkpoint.wrappers == [] && checkpoint.foreign == [:])
    try PyTorchFixtures.expect(checkpoint, isGroup: group)
  }

  @Test(arguments: ["trained.pth", "trained_stream.pth"])
  func `weights are found among what training keeps`(name: String) throws {
    let checkpoint = try PyTorchFixtures.open(name)
    #expect(checkpoint.wrappers == ["model"])
    #expect(checkpoint.settings["epoch"] == "7")
    #expect(checkpoint.settings["args.norm_pix_loss"] == "True")
    #expect(checkpoint.settings["args.lr"] == "0.5")
    try PyTorchFixtures.expect(checkpoint, isGroup: "state")
  }

  @Test(arguments: ["teacher.pth", "teacher_stream.pth"])
  func `of two networks the teacher is taken, and the other when it is named`(name: String) throws {
    let teacher = try PyTorchFixtures.open(name)
    #expect(teacher.wrappers == ["teacher"] && teacher.tensors["head.weight"]?.shape == [2, 4])
    #expect(try teacher.floats("backbone.cls_token")[0] == -1)
    let path = PyTorchFixtures.folder.appending(path: name).path
    let student = try Checkpoint(path: path, key: "student")
    #expect(student.wrappers == ["student"])
    #expect(try student.floats("module.backbone.cls_token")[0] == 0)
    #expect(throws: CheckpointError.noTensors) { try Checkpoint(path: path, key: "optimizer") }
  }

  @Test
  func `parameters and subclasses are tensors; what is not read is named`() throws {
    let checkpoint = try PyTorchFixtures.open("unusual.pth")
    #expect(Set(checkpoint.tensors.keys) == ["parameter", "tagged", "weight", "large"])
    #expect(try checkpoint.floats("parameter") == [-1, -0.875, -0.75, -0.625])
    #expect(try checkpoint.floats("tagged") == [-1, -0.875, -0.75, -0.625])
    #expect(Set(checkpoint.foreign.keys) == ["sparse", "complex"])
  }

  @Test
  func `a call is refused by name, and not made`() throws {
    #expect(throws: CheckpointError.refusedCall(symbol: "posix.system")) {
      try PyTorchFixtures.open("hostile.pth")
    }
    #expect(!FileManager.default.fileExists(atPath: "/tmp/eyepiece-executed-a-pickle"))
  }

  static let formats: [(ForeignFormat, [UInt8])] = [
    (.empty, []), (.gitLFS, Array("version https://git-lfs.github.com/spec/v1\n".utf8)),
    (.hdf5, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0]),
    (.npy, [0x93] + "NUMPY".utf8), (.pickle, [0x80, 4, 0x4E, 0x2E]),
    (.tar, [UInt8](repeating: 65, count: 257) + "ustar".utf8 + [0, 48, 48]),
    (.otherZIP, [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18)),
    (.unknown, Array("no checkpoint".utf8)),
  ]

  @Test(arguments: formats)
  func `files of other formats are told by their bytes`(format: ForeignFormat, bytes: [UInt8]) {
    #expect(throws: CheckpointError.foreign(format)) { try Checkpoint(ByteArray(bytes)) }
  }

  @Test(arguments: [[0, 1 << 40, 1 << 40], [1 << 40, 0], [0, 1 << 29]])
  func `a tensor of no elements has no long axis either`(shape: [Int]) throws {
    let header = "{" + member("a", "F32", shape, 0, 0) + "}"
    let longest = try #require(shape.max())
    #expect(throws: CheckpointError.limitExceeded(.elements, count: longest)) {
      try Checkpoint(ByteArray(fileBytes(header: header)))
    }
    let short = "{" + member("a", "F32", [0, 1 << 28, 1 << 28], 0, 0) + "}"
    #expect(try Checkpoint(ByteArray(fileBytes(header: short))).floats("a") == [])
  }

  @Test
  func `shards are read by their index, and none from elsewhere`() throws {
    let folder = TemporaryFolder()
    let url = URL(fileURLWithPath: folder.path)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, value) in [("a", Float(1)), ("b", 2)] {
      let header = "{" + member(name, "F32", [1], 0, 4) + "}"
      try Data(fileBytes(header: header, data: bytes(of: [value])))
        .write(to: url.appending(path: "\(name).safetensors"))
    }
    func open(_ map: String) throws -> Checkpoint {
      let index = url.appending(path: "model.safetensors.index.json")
      try Data(#"{"metadata": {"total_size": 8}, "weight_map": {\#(map)}}"#.utf8).write(to: index)
      return try Checkpoint(path: index.path)
    }
    let whole = try open(#""a": "a.safetensors", "b": "b.safetensors""#)
    #expect(whole.format == .shards(2) && whole.tensors.count == 2)
    #expect(try whole.floats("a") == [1])
    #expect(try whole.floats("b") == [2])
    #expect(throws: CheckpointError.missing(tensor: "c")) {
      try open(#""a": "a.safetensors", "c": "b.safetensors""#)
    }
    for name in ["../a.safetensors", "..", "/a", "a\\\\b"] {
      #expect(throws: CheckpointError.badShard(name: name.replacing("\\\\", with: "\\"))) {
        try open(#""a": "\#(name)""#)
      }
    }
    #expect(throws: CheckpointError.noTensors) { try open("") }
  }
}

@Suite("Shared checkpoints", .enabled(if: PyTorchFixtures.haveShared))
struct SharedCheckpointsTests {
  @Test(arguments: [
    ("zip_bare.pth", "sd", []), ("legacy_bare.pth", "sd", []), ("zip_protocol4.pth", "sd", []),
    ("zip_wrapped_args_numpy.pth", "sd", ["model"]), ("legacy_wrapped.pth", "sd", ["model"]),
    ("zip_shared_strided.pth", "strided", []), ("legacy_shared_strided.pth", "strided", []),
    ("zip_dtypes.pth", "dtypes", []), ("legacy_dtypes.pth", "dtypes", []),
  ])
  func `files by other hands are read back`(
    name: String, group: String, wrappers: [String]
  ) throws {
    let checkpoint = try PyTorchFixtures.open(name, in: PyTorchFixtures.shared)
    #expect(checkpoint.wrappers == wrappers)
    try PyTorchFixtures.expect(checkpoint, isGroup: group, in: PyTorchFixtures.shared)
  }

  @Test
  func `parameters and teachers are found`() throws {
    let parameter = try PyTorchFixtures.open("zip_parameter.pth", in: PyTorchFixtures.shared)
    #expect(parameter.tensors["w"]?.shape == [2, 2])
    let teacher = try PyTorchFixtures.open(
      "zip_teacher_student_module_prefix.pth", in: PyTorchFixtures.shared)
    #expect(teacher.wrappers == ["teacher"] && !teacher.tensors.isEmpty)
  }

  @Test
  func `the hostile and the damaged ones are refused`() throws {
    let shared = PyTorchFixtures.shared
    #expect(throws: CheckpointError.refusedCall(symbol: "posix.system")) {
      try PyTorchFixtures.open("zip_malicious_reduce.pth", in: shared)
    }
    #expect(
      throws: CheckpointError.malformedArchive(
        offset: 1840, expected: "the end of a ZIP archive")
    ) { try PyTorchFixtures.open("corrupt_truncated_zip.pth", in: shared) }
    #expect(throws: CheckpointError.truncated(bytes: 1877, needed: 1880)) {
      try PyTorchFixtures.open("corrupt_truncated_legacy.pth", in: shared)
    }
  }
}
