import CVectorKernels

// SAFETY, for all below: packed keys, packed values and scratch memory have the sizes that the same
// set of kernels asks for, and the blocks lie inside their matrices.
extension EncoderKernels {
  /// Floats of one head's packed keys.
  func packedKeysSize(_ tokens: Int, _ dim: Int) -> Int {
    unsafe table.pointee.packed_keys_size(tokens, dim)
  }

  /// Floats of one head's packed values.
  func packedValuesSize(_ tokens: Int, _ dim: Int) -> Int {
    unsafe table.pointee.packed_values_size(tokens, dim)
  }

  /// Floats of scratch memory for so many queries.
  func attendScratchSize(_ queries: Int, _ dim: Int) -> Int {
    unsafe table.pointee.attend_scratch_size(queries, dim)
  }

  /// Keys and values of some tokens into their packed places, `[n, dim]` both.
  func pack(
    _ keys: MatrixView, _ values: MatrixView, at first: Int, of tokens: Int,
    into packedKeys: MatrixView, _ packedValues: MatrixView
  ) {
    let dim = keys.columns
    precondition(
      packedKeys.columns == packedKeysSize(tokens, dim)
        && packedValues.columns == packedValuesSize(tokens, dim),
      "\(packedKeys.shape) and \(packedValues.shape) for \(tokens) tokens of \(dim)")
    unsafe table.pointee.pack_keys(
      keys.base, keys.stride, first, keys.rows, dim, packedKeys.base)
    unsafe table.pointee.pack_values(
      values.base, values.stride, first, values.rows, tokens, dim, packedValues.base)
  }

  /// Base-2 softmax attention of one head over packed keys and values, `[n, dim] → [n, dim]`.
  func attend(
    _ queries: MatrixView, scale: Float, keys: MatrixView, values: MatrixView, tokens: Int,
    into result: MatrixView, scratch: Matrix
  ) {
    let dim = queries.columns
    precondition(
      keys.columns == packedKeysSize(tokens, dim)
        && values.columns == packedValuesSize(tokens, dim)
        && scratch.count >= attendScratchSize(queries.rows, dim)
        && result.shape == queries.shape,
      "\(queries.shape) over \(tokens) tokens into \(result.shape)")
    unsafe table.pointee.attend(
      queries.base, queries.stride, queries.rows, dim, scale, keys.base, values.base, tokens,
      result.base, result.stride, scratch.base)
  }
}
