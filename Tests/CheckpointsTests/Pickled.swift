import Support

/// Pickles put together by hand, as PyTorch writes them.
enum Pickled {
  /// One that is whole, of protocol 2.
  static func file(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + [0x2E] }

  static func text(_ text: String) -> [UInt8] {
    [0x58] + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func int(_ value: Int) -> [UInt8] { [0x4A] + littleEndian(Int32(value)) }

  static func symbol(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static func tuple(_ items: [UInt8]...) -> [UInt8] { [0x28] + items.joined() + [0x74] }

  static func dictionary(_ pairs: (key: String, value: [UInt8])...) -> [UInt8] {
    [0x7D, 0x28] + pairs.flatMap { text($0.key) + $0.value } + [0x75]
  }

  /// `view` is what follows the count where one is written.
  static func storage(
    _ key: String, of type: String = "FloatStorage", count: Int, view: [UInt8] = []
  ) -> [UInt8] {
    tuple(
      text("storage"), symbol("torch", type), text(key), text("cpu"), int(count), view) + [0x51]
  }

  static func tensor(
    _ storage: [UInt8], offset: Int = 0, shape: [Int], strides: [Int]
  ) -> [UInt8] {
    let arguments = tuple(
      storage, int(offset), tuple(shape.flatMap { int($0) }), tuple(strides.flatMap { int($0) }))
    return symbol("torch._utils", "_rebuild_tensor_v2") + arguments + [0x52]
  }
}
