import CKernels
import Encoders
import Imaging

/// The launches that encode a chunk of views: what is read and written where, as values.
struct Launches {
  let shape: ViTShape
  let operand: Operand
  let order: JobOrder
  let views: Int
  let arena: Arena
  /// Addresses of the arena and of the weights on the card.
  let base: UInt64
  let weightsBase: UInt64
  let weights: CardWeights
  /// Operations of one launch at most, so that a cancellation is soon heard and a display is served.
  let mostOperations: Double

  private var grid: Grid {
    Grid(of: order.size, patch: shape.patch, stride: order.options.stride)
  }
  private var tokens: Int { shape.prefix + grid.count }
  private var rows: Int { views * tokens }
  /// Columns of what is read of a token.
  private var width: Int { order.options.blocks.count * shape.dim }
  private var last: Int { order.options.block }

  private func at(_ offset: Int) -> UInt64 { base + UInt64(offset) }
  private func weight(_ offset: Int) -> UInt64 { weightsBase + UInt64(offset) }
  private func named(_ name: String) -> String { "\(name)_\(operand.rawValue)" }
  private var rotation: UInt64 { shape.isRotary ? at(arena.rotation) : 0 }

  /// Patches and prefix tokens with their positions, into the residual stream.
  var embedding: [Launch] {
    let (height, width) = (order.size.height, order.size.width)
    let patches = patches_arguments(
      planes: at(arena.planes), rows: at(arena.rows), columns: at(arena.columns),
      prefix_rows: weight(weights.prefix), y: at(arena.big), x: at(arena.x),
      flags: at(arena.flags), plane: UInt32(height * width), row_pitch: UInt32(height),
      column_pitch: UInt32(width), channels: 3, patch: UInt32(shape.patch),
      stride: UInt32(order.options.stride), grid_columns: UInt32(grid.columns),
      tokens: UInt32(tokens), prefix: UInt32(shape.prefix), dim: UInt32(shape.dim),
      depth: UInt32(shape.patchDepth))
    return [Launch(named("patches"), .init(x: tokens, z: views), patches)]
      + product(
        "embed", weights.patches, rows: views * grid.count, columns: shape.dim,
        depth: shape.patchDepth, from: arena.big)
  }

  /// One block, and what is read of it.
  func block(_ index: Int) -> [Launch] {
    let block = weights.blocks[index]
    let (dim, hidden) = (shape.dim, shape.hidden)
    let place = order.options.blocks.firstIndex(of: index)
    var launches = norm(block.norm1)
    launches += product(
      shape.isRotary ? "rotary" : "bias", block.qkv, rows: rows, columns: 3 * dim, depth: dim,
      from: arena.a, to: arena.big)
    launches += attention
    if let place, order.options.facet != .token { launches += facet(at: place) }
    if index == last { launches += classAttention }
    launches += product(
      "residual", block.proj, scale: block.scale1, rows: rows, columns: dim, depth: dim,
      from: arena.a)
    launches += norm(block.norm2)
    launches += product(
      shape.activation, block.first, rows: rows, columns: shape.firstColumns, depth: dim,
      from: arena.a, to: arena.big)
    launches += product(
      "residual", block.last, scale: block.scale2, rows: rows, columns: dim, depth: hidden,
      from: arena.big)
    launches.append(classToken(of: index))
    if let place, order.options.facet == .token { launches += tokens(at: place) }
    return launches
  }

  private func norm(_ layer: CardWeights.Layer) -> [Launch] {
    let arguments = norm_arguments(
      x: at(arena.x), weight: weight(layer.weight), bias: weight(layer.bias), y: at(arena.a),
      flags: at(arena.flags), rows: UInt32(rows), columns: UInt32(shape.dim),
      tokens: UInt32(tokens), epsilon: shape.epsilon)
    return [Launch(named("norm"), .init(x: blocks(of: rows, NORM_ROWS)), arguments)]
  }

  private func product(
    _ end: String, _ layer: CardWeights.Layer, scale: Int? = nil, rows: Int, columns: Int,
    depth: Int, from a: Int, to y: Int? = nil
  ) -> [Launch] {
    var arguments = product_arguments(
      a: at(a), w: weight(layer.weight), bias: weight(layer.bias), scale: scale.map(weight) ?? 0,
      y: y.map(at) ?? 0, x: at(arena.x), positions: at(arena.positions), rotation: rotation,
      flags: at(arena.flags), rows: UInt32(rows), columns: UInt32(columns), depth: UInt32(depth),
      first: 0, tokens: UInt32(tokens), prefix: UInt32(shape.prefix),
      turned: shape.isRotary ? UInt32(2 * shape.dim) : 0, reserved: 0)
    let across = blocks(of: columns, PRODUCT_COLUMNS)
    let operations =
      operand.products * 2 * Double(Int(PRODUCT_ROWS.rawValue) * columns * depth)
    return parts(blocks(of: rows, PRODUCT_ROWS), each: operations).map { part in
      arguments.first = UInt32(part.lowerBound)
      return Launch(
        named("product_\(end)"), .init(x: across, y: part.count), arguments,
        operations: operations * Double(part.count))
    }
  }

  private var attention: [Launch] {
    var arguments = attend_arguments(
      qkv: at(arena.big), y: at(arena.a), flags: at(arena.flags), tokens: UInt32(tokens),
      heads: UInt32(shape.heads), first: 0, scale: Launches.scoreScale)
    let operations =
      operand.products * 4 * Double(Int(ATTEND_QUERIES.rawValue) * tokens * shape.dim * views)
    return parts(blocks(of: tokens, ATTEND_QUERIES), each: operations).map { part in
      arguments.first = UInt32(part.lowerBound)
      return Launch(
        named("attend"), .init(x: part.count, y: shape.heads, z: views), arguments,
        operations: operations * Double(part.count))
    }
  }

  /// log₂ e / √64.
  private static let scoreScale: Float = 1.442_695_04 / 8

  /// The class token's relation to each patch, of the last block that is computed.
  private var classAttention: [Launch] {
    let scores = class_scores_arguments(
      qkv: at(arena.big), attended: at(arena.a), rotation: rotation, scores: at(arena.scores),
      result: at(arena.attention), tokens: UInt32(tokens), prefix: UInt32(shape.prefix),
      heads: UInt32(shape.heads), scale: Launches.scoreScale)
    let softmax = class_softmax_arguments(
      scores: at(arena.scores), result: at(arena.attention), tokens: UInt32(tokens),
      prefix: UInt32(shape.prefix), heads: UInt32(shape.heads), reserved: 0)
    return [
      Launch(
        named("class_scores"),
        .init(x: blocks(of: tokens, CLASS_TOKENS), y: shape.heads, z: views), scores),
      Launch("class_softmax", .init(x: shape.heads, y: views), softmax),
    ]
  }

  /// The class token after a block, not normed.
  private func classToken(of block: Int) -> Launch {
    finish(
      from: arena.x, norm: nil, tokens: 0..<1, of: tokens,
      to: arena.classTokens + 4 * block * shape.dim, pitch: (last + 1) * shape.dim)
  }

  /// The tokens after the final norm, with the patches' mean as the first where it represents the
  /// image.
  private func tokens(at place: Int) -> [Launch] {
    let column = 4 * place * shape.dim
    let (patches, before) = (shape.prefix..<tokens, 0..<shape.prefix)
    var launches = [
      finish(
        from: arena.x, norm: weights.norm, tokens: patches, of: tokens,
        to: arena.patches + column, pitch: width),
      finish(
        from: arena.x, norm: weights.norm, tokens: before, of: tokens, to: arena.before + column,
        pitch: width),
    ]
    guard shape.takesMean else { return launches }
    let mean = mean_arguments(
      x: at(arena.x), y: at(arena.pooled), tokens: UInt32(tokens), prefix: UInt32(shape.prefix),
      columns: UInt32(shape.dim), reserved: 0)
    launches.append(
      Launch("mean", .init(x: blocks(of: shape.dim, MEAN_COLUMNS), y: views), mean))
    launches.append(
      finish(
        from: arena.pooled, norm: weights.norm, tokens: 0..<1, of: 1, to: arena.before + column,
        pitch: shape.prefix * width))
    return launches
  }

  private func finish(
    from x: Int, norm: CardWeights.Layer?, tokens part: Range<Int>, of tokens: Int, to y: Int,
    pitch: Int
  ) -> Launch {
    let arguments = finish_arguments(
      x: at(x), weight: norm.map { weight($0.weight) } ?? 0,
      bias: norm.map { weight($0.bias) } ?? 0, qkv: 0, rotation: 0, y: at(y),
      views: UInt32(views), tokens: UInt32(tokens), start: UInt32(part.lowerBound),
      count: UInt32(part.count), columns: UInt32(shape.dim), pitch: UInt32(pitch), half: 0,
      part: 0, epsilon: shape.epsilon, reserved: 0)
    return Launch("finish_norm", .init(x: blocks(of: views * part.count, NORM_ROWS)), arguments)
  }

  /// Queries, keys or values of patches and of the tokens before them.
  private func facet(at place: Int) -> [Launch] {
    let column = 4 * place * shape.dim
    return [(shape.prefix..<tokens, arena.patches), (0..<shape.prefix, arena.before)].map {
      part, target in
      let arguments = finish_arguments(
        x: 0, weight: 0, bias: 0, qkv: at(arena.big), rotation: rotation, y: at(target + column),
        views: UInt32(views), tokens: UInt32(tokens), start: UInt32(part.lowerBound),
        count: UInt32(part.count), columns: UInt32(shape.dim), pitch: UInt32(width), half: 0,
        part: UInt32(order.options.facet.part), epsilon: 0, reserved: 0)
      return Launch(
        named("finish_facet"), .init(x: blocks(of: views * part.count, NORM_ROWS)), arguments)
    }
  }

  private func blocks(of count: Int, _ size: kernel_sizes) -> Int {
    let size = Int(size.rawValue)
    return (count + size - 1) / size
  }

  /// The blocks of a launch, cut so that none has more operations than that, or than one block.
  private func parts(_ count: Int, each operations: Double) -> [Range<Int>] {
    let most = min(max(1, Int(mostOperations / max(operations, 1))), 65_535)
    return stride(from: 0, to: count, by: most).map { $0..<min($0 + most, count) }
  }
}

extension EncodeOptions.Facet {
  /// Which third of queries, keys and values it is.
  fileprivate var part: Int {
    switch self {
    case .token, .query: 0
    case .key: 1
    case .value: 2
    }
  }
}
