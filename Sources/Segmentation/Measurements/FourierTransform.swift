import Foundation
import LinearAlgebra

/// Discrete Fourier transforms of lengths that are powers of two.
///
/// Source: Cooley and Tukey 1965.
struct FourierTransform: Sendable {
  /// A row of complex numbers, its real and its imaginary parts.
  struct Row: Sendable {
    var re: [Double]
    var im: [Double]
  }

  let length: Int
  private let order: [Int]
  private let cosines: [Double]
  private let sines: [Double]

  init(length: Int) {
    precondition(length > 0 && length & (length - 1) == 0, "a transform of \(length)")
    self.length = length
    let bits = length.trailingZeroBitCount
    order = (0..<length).map { place in
      (0..<bits).reduce(0) { $0 | (place >> $1 & 1) << (bits - 1 - $1) }
    }
    cosines = (0..<length / 2).map { cos(2 * Double.pi * Double($0) / Double(length)) }
    sines = (0..<length / 2).map { -sin(2 * Double.pi * Double($0) / Double(length)) }
  }

  /// The transform; of its own result with the parts swapped it gives the inverse, times the length.
  func callAsFunction(_ row: Row) -> Row {
    var re = order.map { row.re[$0] }
    var im = order.map { row.im[$0] }
    var half = 1
    while half < length {
      let step = length / (2 * half)
      for start in stride(from: 0, to: length, by: 2 * half) {
        var turn = 0
        for low in start..<start + half {
          let high = low + half
          let (c, s) = (cosines[turn], sines[turn])
          let (x, y) = (re[high] * c - im[high] * s, re[high] * s + im[high] * c)
          (re[high], im[high]) = (re[low] - x, im[low] - y)
          re[low] += x
          im[low] += y
          turn += step
        }
      }
      half *= 2
    }
    return Row(re: re, im: im)
  }

  /// The transform along rows and then along columns, of which what comes back are the rows.
  static func plane(_ rows: [Row], width: Int, workers: ThreadPool?) -> [Row] {
    let (across, down) = (FourierTransform(length: width), FourierTransform(length: rows.count))
    let wide = workers.map(rows.count) { index, _ in across(rows[index]) }
    let columns = workers.map(width) { x, _ in
      down(Row(re: wide.map { $0.re[x] }, im: wide.map { $0.im[x] }))
    }
    return columns
  }
}
