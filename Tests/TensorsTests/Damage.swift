import Support

/// Copies of a file, each changed at one to three random places.
func damaged(_ file: [UInt8], count: Int, seed: Int) -> [[UInt8]] {
  var random = SeededNumbers(seed: seed)
  let interesting = Array("{}[]()\"':,\\uTF0123456789eE+-. \n\0".utf8) + [0x7F, 0x80, 0xFF]
  return (0..<count).map { _ in
    var bytes = file
    for _ in 0...random.below(3) {
      let place = random.below(bytes.count)
      let byte = interesting[random.below(interesting.count)]
      switch random.below(5) {
      case 0: bytes[place] = UInt8(random.below(256))
      case 1: bytes[place] ^= 1 << UInt8(random.below(8))
      case 2: bytes[place] = byte
      case 3: bytes.remove(at: place)
      default: bytes.insert(byte, at: place)
      }
    }
    return bytes
  }
}
