extension Intensities {
  /// The 8-bit grey levels of the shown part of a canvas, `[shown.height · shown.width]`.
  ///
  /// Colours are weighted as in ITU-R BT.601; values outside 0…1 become black or white.
  package func greyLevels(of canvas: Canvas) -> [UInt8] {
    precondition(canvas.source == size, "a canvas of \(canvas.source) for \(size)")
    let area = size.width * size.height
    let weights: [Float] = channels == 1 ? [1] : [0.299, 0.587, 0.114]
    var levels: [UInt8] = []
    levels.reserveCapacity(canvas.shown.width * canvas.shown.height)
    for y in canvas.top..<canvas.top + canvas.shown.height {
      for x in canvas.left..<canvas.left + canvas.shown.width {
        let place = y * size.width + x
        var grey: Float = 0
        for (channel, weight) in weights.enumerated() {
          grey += weight * values[channel * area + place]
        }
        levels.append(UInt8(max(0, min(1, grey)) * 255 + 0.5))
      }
    }
    return levels
  }
}
