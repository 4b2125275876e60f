/// A file of arrays on its way out: the bytes around the arrays' own.
///
/// For each array in turn goes out what `begin` gives, then the array's elements, in pieces of any
/// size, each shown to `pass`; what `end` gives comes last. Elements are little-endian and in C
/// order, for `tiff` channel after channel. Equal arrays give equal files.
package struct ArrayWriter: Sendable {
  /// Bytes of the whole file, known before the first.
  package let length: Int
  private let arrays: [ArrayOutline]
  /// What stands before the first array, if they are in no archive.
  private let head: [UInt8]
  private var archive: ZIPFrame?
  /// Arrays begun so far.
  private var begun = 0
  /// Bytes that the array at hand still lacks.
  private var lacking = 0

  /// One array, or, where the format holds many, some of different names.
  ///
  /// A `tiff` holds `[height, width]` or `[height, width, channels]`, or pictures of 8 bits,
  /// `[pages, height, width, samples]`, none of them 0. Only `safetensors` keeps metadata, only
  /// `tiff` the resolution.
  package init(
    _ arrays: [ArrayOutline], as format: ArrayFormat, metadata: [String: String] = [:],
    resolution: TIFFResolution? = nil
  ) {
    precondition(
      arrays.count == 1 || format.holdsMany && !arrays.isEmpty, "\(arrays.count) in a \(format)")
    precondition(Set(arrays.map(\.name)).count == arrays.count, "arrays of one name")
    self.arrays = arrays
    head =
      switch format {
      case .raw, .npz: []
      case .npy: NPY.header(of: arrays[0])
      case .tiff: TIFFHead(of: arrays[0], resolution).bytes
      case .safetensors: TensorHeader.bytes(of: arrays, metadata: metadata)
      }
    archive = format == .npz ? ZIPFrame(arrays.map { ZIPFrame.File($0) }) : nil
    length = archive?.length ?? arrays.reduce(head.count) { $0 + $1.byteCount }
  }

  /// What stands before the next array's elements.
  package mutating func begin() -> [UInt8] {
    precondition(begun < arrays.count && lacking == 0, "array \(begun) lacks \(lacking) bytes")
    let array = arrays[begun]
    begun += 1
    lacking = array.byteCount
    guard let local = archive?.begin() else { return begun == 1 ? head : [] }
    let header = NPY.header(of: array)
    archive?.pass(header)
    return local + header
  }

  /// Takes note of elements that go out.
  package mutating func pass(_ elements: [UInt8]) {
    lacking -= elements.count
    precondition(lacking >= 0, "\(-lacking) bytes more than array \(begun - 1) has")
    archive?.pass(elements)
  }

  /// Passes over elements that do not go out, which an archive's checksum does not allow.
  package mutating func skip(_ byteCount: Int) {
    precondition(archive == nil, "elements left out of an archive")
    lacking -= byteCount
    precondition(lacking >= 0, "\(-lacking) bytes more than array \(begun - 1) has")
  }

  /// What stands behind the last array.
  package func end() -> [UInt8] {
    precondition(begun == arrays.count && lacking == 0, "array \(begun) lacks \(lacking) bytes")
    return archive?.end() ?? []
  }
}

extension TIFFHead {
  fileprivate init(of array: ArrayOutline, _ resolution: TIFFResolution?) {
    guard array.shape.count == 4 else {
      self.init(shape: array.shape, of: array.type, resolution: resolution)
      return
    }
    precondition(array.type == .uint8, "pictures of \(array.type)")
    self.init(pictures: array.shape, resolution: resolution)
  }
}

extension ZIPFrame.File {
  /// An array's own NPY file.
  fileprivate init(_ array: ArrayOutline) {
    self.init(name: "\(array.name).npy", count: NPY.header(of: array).count + array.byteCount)
  }
}

extension NPY {
  fileprivate static func header(of array: ArrayOutline) -> [UInt8] {
    header(shape: array.shape, of: array.type)
  }
}
