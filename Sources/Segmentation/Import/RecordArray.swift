import Files
import Tensors

/// An array of NumPy's whose elements are numbers, or records of named numbers, in C order.
///
/// Source: NumPy's "NEP 1"; its manual, "Structured arrays".
struct RecordArray {
  private struct Field {
    let offset: Int
    let code: String
  }

  /// Number of elements.
  let count: Int
  /// By their names; of plain numbers the only one's name is empty.
  private let fields: [String: Field]
  private let recordSize: Int
  private let bytes: ArraySlice<UInt8>

  /// Reads a file's bytes.
  ///
  /// Throws `SegmentationError.malformedImport`.
  init(npy file: [UInt8]) throws(SegmentationError) {
    func fail(_ reason: String) -> SegmentationError {
      .malformedImport(reason: "an array \(reason)")
    }
    let header: NPYHeader
    do {
      header = try NPYHeader(of: file)
    } catch {
      throw .malformedImport(reason: "an array: \(error)")
    }
    guard !header.isColumnMajor || header.shape.count < 2 else {
      throw fail("is not in C order")
    }
    let described =
      switch header.element {
      case .number(let type): [(name: "", type: type)]
      case .record(let fields): fields.map { ($0.name, $0.type) }
      }
    var (found, size) = ([String: Field](), 0)
    for (name, type) in described {
      guard let bytes = RecordArray.size(of: type) else { throw fail("holds \(type)") }
      found[name] = Field(offset: size, code: type)
      size += bytes
    }
    var count = 1
    for axis in header.shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: axis)
      guard !overflows, product <= file.count else { throw fail("is too large") }
      count = product
    }
    let start = header.dataStart
    guard size > 0, size <= NPY.headerLimit, file.count - start == count * size else {
      throw fail("has not the bytes that its header tells")
    }
    (self.count, fields, recordSize) = (count, found, size)
    bytes = file[start...]
  }

  /// The bytes of a number, or of what lies between numbers; `nil` for what is not read.
  private static func size(of code: String) -> Int? {
    switch code {
    case "<f8", "<i8": return 8
    case "<f4", "<i4": return 4
    case "|u1": return 1
    default:
      guard code.hasPrefix("|V"), let size = Int(code.dropFirst(2)), (0...4096).contains(size)
      else { return nil }
      return size
    }
  }

  /// A field of all elements.
  ///
  /// Throws `SegmentationError.malformedImport` where it is not there.
  func values(_ name: String) throws(SegmentationError) -> [Double] {
    guard let field = fields[name], !field.code.hasPrefix("|V") else {
      throw .malformedImport(reason: "an array has no \(name.isEmpty ? "numbers" : name)")
    }
    return (0..<count).map { element in
      let at = bytes.startIndex + element * recordSize + field.offset
      func integer<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        (0..<Number.bitWidth / 8).reduce(0) {
          $0 | Number(truncatingIfNeeded: UInt64(bytes[at + $1]) << (8 * UInt64($1)))
        }
      }
      return switch field.code {
      case "<f8": Double(bitPattern: integer(UInt64.self))
      case "<i8": Double(integer(Int64.self))
      case "<f4": Double(Float(bitPattern: integer(UInt32.self)))
      case "<i4": Double(integer(Int32.self))
      default: Double(bytes[at])
      }
    }
  }
}
