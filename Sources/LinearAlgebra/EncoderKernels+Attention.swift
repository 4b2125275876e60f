import CVectorKernels

// SAFETY, for all below: packed keys, packed values and scratch memory have the sizes that the same
// set of kernels asks for, and the blocks lie inside their matrices.
extension EncoderKernels {
  /// Words of one head's packed keys.
  func packedKeysSize(_ tokens: Int, _ dim: Int, _ precision: Precision) -> Int {
    products(precision).packed_keys_size(tokens, dim)
  }

  /// Words of one head's packed values.
  func packedValuesSize(_ tokens: Int, _ dim: Int, _ precision: Precision) -> Int {
    products(precision).packed_values_size(tokens, dim)
  }

  /// Words of scratch memory for so many queries.
  func attendScratchSize(_ queries: Int, _ dim: Int, _ precision: Precision) -> Int {
    products(precision).attend_scratch_size(queries, dim)
  }

  /// Keys and values of some tokens into their packed places, `[n, dim]` both.
  func pack(
    _ keys: MatrixView, _ values: MatrixView, _ precision: Precision, at first: Int,
    of tokens: Int, into packedKeys: MutableMatrixView, _ packedValues: MutableMatrixView
  ) {
    let dim = keys.columns
    precondition(
      packedKeys.columns == packedKeysSize(tokens, dim, precision)
        && packedValues.columns == packedValuesSize(tokens, dim, precision),
      "\(packedKeys.shape) and \(packedValues.shape) for \(tokens) tokens of \(dim)")
    unsafe products(precision).pack_keys(
      keys.base, keys.stride, first, keys.rows, dim, packedKeys.base)
    unsafe products(precision).pack_values(
      values.base, values.stride, first, values.rows, tokens, dim, packedValues.base)
  }

  /// Base-2 softmax attention of one head over packed keys and values, `[n, dim] → [n, dim]`.
  func attend(
    _ queries: MatrixView, scale: Float, keys: MatrixView, values: MatrixView,
    _ precision: Precision, tokens: Int, into result: MutableMatrixView, scratch: MutableMatrix
  ) {
    let dim = queries.columns
    precondition(
      keys.columns == packedKeysSize(tokens, dim, precision)
        && values.columns == packedValuesSize(tokens, dim, precision)
        && scratch.count >= attendScratchSize(queries.rows, dim, precision)
        && result.shape == queries.shape,
      "\(queries.shape) over \(tokens) tokens into \(result.shape)")
    unsafe products(precision).attend(
      queries.base, queries.stride, queries.rows, dim, scale, keys.base, values.base, tokens,
      result.base, result.stride, scratch.base)
  }
}
