/// A card, as the driver describes it.
package struct Card: Sendable, Hashable, Codable {
  /// The properties that are asked for, under the driver's numbers.
  ///
  /// Source: NVIDIA, CUDA driver API, `CUdevice_attribute`.
  enum Attribute: Int32 {
    case multiprocessors = 16
    /// Whether kernels are ended after some seconds, since the card drives a display.
    case hasTimeLimit = 17
    case computeMode = 20
    case cacheBytes = 38
    case major = 75
    case minor = 76
    /// Bytes of shared memory that a block can be allowed.
    case sharedBytes = 97
  }

  /// Its place in the driver's list.
  package let index: Int
  package let name: String
  /// As `nvidia-smi -L` writes it: `GPU-…`.
  package let uuid: String
  /// Its address on the bus.
  package let address: String
  package let bytes: Int
  package let major: Int
  package let minor: Int
  package let multiprocessors: Int
  package let cacheBytes: Int
  package let sharedBytes: Int
  package let hasTimeLimit: Bool
  /// Whether one process alone may use it, or none.
  package let isRestricted: Bool

  /// Asks the driver about a card.
  init(_ index: Int, of driver: Driver) throws(DriverError) {
    let device = try driver.device(index)
    self.index = index
    name = try driver.name(of: device)
    uuid = Card.text(try driver.uuid(of: device))
    address = try driver.address(of: device)
    bytes = try driver.memory(of: device)
    major = try driver.attribute(.major, of: device)
    minor = try driver.attribute(.minor, of: device)
    multiprocessors = try driver.attribute(.multiprocessors, of: device)
    cacheBytes = try driver.attribute(.cacheBytes, of: device)
    sharedBytes = try driver.attribute(.sharedBytes, of: device)
    hasTimeLimit = try driver.attribute(.hasTimeLimit, of: device) != 0
    isRestricted = try driver.attribute(.computeMode, of: device) != 0
  }

  /// The usual writing of 16 bytes.
  private static func text(_ uuid: [UInt8]) -> String {
    let digits = uuid.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0\(text)" : text
    }
    let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
    return "GPU-\(groups.joined(separator: "-"))"
  }

  /// The name with what decides on its use.
  package var words: String {
    "\(name), compute capability \(major).\(minor), \(multiprocessors) multiprocessors, "
      + "\(bytes >> 20) MiB, \(uuid)"
  }
}
