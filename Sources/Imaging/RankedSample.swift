/// A sample with a key in the order of its value.
protocol RankedSample: BitwiseCopyable {
  /// Bits of a key, a multiple of 16.
  static var keyBits: Int { get }
  var key: UInt64 { get }
  static func level(ofKey key: UInt64) -> Double
}

extension UInt8: RankedSample {
  static var keyBits: Int { 16 }
  var key: UInt64 { UInt64(self) }
  static func level(ofKey key: UInt64) -> Double { Double(key) }
}

extension UInt16: RankedSample {
  static var keyBits: Int { 16 }
  var key: UInt64 { UInt64(self) }
  static func level(ofKey key: UInt64) -> Double { Double(key) }
}

/// Floats' bits are inverted where they are negative.
extension Float: RankedSample {
  private static let sign: UInt32 = 1 << 31
  static var keyBits: Int { 32 }

  var key: UInt64 {
    UInt64(bitPattern & Float.sign == 0 ? bitPattern | Float.sign : ~bitPattern)
  }

  static func level(ofKey key: UInt64) -> Double {
    let key = UInt32(truncatingIfNeeded: key)
    return Double(Float(bitPattern: key & sign == 0 ? ~key : key & ~sign))
  }
}

extension Double: RankedSample {
  private static let sign: UInt64 = 1 << 63
  static var keyBits: Int { 64 }

  var key: UInt64 { bitPattern & Double.sign == 0 ? bitPattern | Double.sign : ~bitPattern }

  static func level(ofKey key: UInt64) -> Double {
    Double(bitPattern: key & sign == 0 ? ~key : key & ~sign)
  }
}
