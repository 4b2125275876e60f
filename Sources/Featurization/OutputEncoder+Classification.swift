import LinearAlgebra

/// What a model's own head says of an image, as a client reads it.
private struct Classification: Encodable {
  struct Rank: Encodable {
    /// Its number in the model's list of classes, from 0.
    let index: Int
    let logit: Float
    /// Its part of the softmax over all classes.
    let probability: Float
  }

  let classes: Int
  /// The likeliest first; of equal ones that which comes first in the list.
  let top: [Rank]
}

extension OutputEncoder {
  /// The likeliest classes, as JSON.
  func classification(_ logits: [Float]) -> RenderedOutput {
    let softmax = Matrix(rows: 1, columns: logits.count, logits)
    RowKernels.current.softmax(softmax.all)
    let order = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
    let count = min(request.top ?? logits.count, logits.count)
    let answer = Classification(
      classes: logits.count,
      top: order.prefix(count).map {
        Classification.Rank(index: $0, logit: logits[$0], probability: softmax[0, $0])
      })
    return RenderedOutput(
      shape: [count], stage: request.output.spelling,
      body: .whole(Array(canonical(answer).utf8) + [UInt8(ascii: "\n")]))
  }
}
