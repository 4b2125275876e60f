import CVectorKernels

extension Int {
  /// How many of so many are taken, every `step`-th from the first.
  package func taken(every step: Int) -> Int { (self + step - 1) / step }
}

/// Classical features of grey pictures, compiled for one kind of CPU.
@safe package struct PictureKernels: @unchecked Sendable {
  // SAFETY: points to a constant table of functions without state, there from start to end.
  let table: UnsafePointer<picture_kernels>

  /// The sets that this CPU can run, the fastest first.
  package static let all: [PictureKernels] = {
    var sets: [PictureKernels] = []
    while let table = unsafe picture_kernels_at(Int32(sets.count)) {
      unsafe sets.append(PictureKernels(table: table))
    }
    return sets
  }()

  /// The set in use: the fastest, or the one that the environment names.
  package static let current = KernelSets.chosen(from: all, name: \.name)

  package var name: String { unsafe String(cString: table.pointee.name) }

  /// Channels of the scales alone, and with differences and membrane projections.
  package static let scaleChannels = SCALE_CHANNELS
  package static let allChannels =
    SCALE_CHANNELS + DIFFERENCE_CHANNELS + MEMBRANE_CHANNELS

  /// Memory for the features of rectangles of a size at most, for one thread.
  package struct Scratch: Sendable {
    fileprivate let size: (rows: Int, columns: Int)
    fileprivate let step: Int
    fileprivate let doubles: DoubleMatrix
    fileprivate let floats: MutableMatrix
  }

  package func makeScratch(rows: Int, columns: Int, step: Int = 1) -> Scratch {
    precondition(step > 0, "every \(step)th pixel")
    let (doubles, floats) = unsafe (
      table.pointee.scale_scratch(rows, columns, step),
      table.pointee.membrane_scratch(rows, columns)
    )
    return Scratch(
      size: (rows, columns), step: step, doubles: DoubleMatrix(rows: 1, columns: doubles),
      floats: MutableMatrix(rows: 1, columns: floats))
  }

  /// The features of a rectangle of a picture, `[1, height · width] → [channels, rows · columns]`, or
  /// of every `step`-th pixel of every `step`-th row of it, from the first, as the scratch has it.
  ///
  /// With the rows of all channels those of the differences and the membrane are among them; these
  /// are of all pixels.
  package func classical(
    of picture: Matrix, width: Int, rows: Range<Int>, columns: Range<Int>,
    into out: MutableMatrixView, scratch: Scratch
  ) {
    let isWhole = out.rows == PictureKernels.allChannels
    precondition(
      picture.rows == 1 && width > 0 && picture.columns % width == 0 && rows.lowerBound >= 0
        && rows.upperBound <= picture.columns / width && columns.lowerBound >= 0
        && columns.upperBound <= width,
      "\(rows), \(columns) of \(picture.columns) pixels of width \(width)")
    let step = scratch.step
    let taken = (rows: rows.count.taken(every: step), columns: columns.count.taken(every: step))
    precondition(
      (isWhole && step == 1 || out.rows == PictureKernels.scaleChannels)
        && out.columns == taken.rows * taken.columns && rows.count <= scratch.size.rows
        && columns.count <= scratch.size.columns,
      "\(rows.count) × \(columns.count) → [\(out.rows), \(out.columns)]")
    guard !rows.isEmpty, !columns.isEmpty else { return }
    // SAFETY: the rectangle lies in the picture, `out` has its pixels in each channel, and the
    // scratch is of at least its size, all checked above; `picture` outlives the calls.
    withExtendedLifetime((picture, scratch.doubles, scratch.floats)) {
      let whole = unsafe grey_picture(
        levels: picture.base, width: width, height: picture.columns / width)
      let tile = unsafe feature_tile(
        top: rows.lowerBound, left: columns.lowerBound, rows: rows.count, columns: columns.count,
        step: step, out: out.base, plane: out.stride, stride: taken.columns)
      unsafe table.pointee.scales(whole, tile, scratch.doubles.base)
      guard isWhole else { return }
      unsafe table.pointee.differences(tile)
      unsafe table.pointee.membrane(whole, tile, scratch.floats.base)
    }
  }
}
