package import Imaging
import LinearAlgebra

/// A model with an upsampler, which makes its last block's maps finer as the image has it.
package protocol GuidedEncoder: Encoder {
  /// An identity view's map and what the image that it was made of says of its finer cells.
  func guided(_ map: FeatureMap, by image: InputPlanes) -> GuidedMap
}

/// A map with all that makes it finer: the weights that its image gives, and a constant.
package struct GuidedMap: Sendable {
  package let map: FeatureMap
  package let upsampling: GuidedUpsampling
  /// What is added to every finer vector, `[dim]`.
  package let constant: [Float]

  package init(map: FeatureMap, upsampling: GuidedUpsampling, constant: [Float]) {
    precondition(
      map.grid == upsampling.grid && constant.count == map.dim,
      "\(map.grid) of \(map.dim), \(upsampling.grid), \(constant.count)")
    (self.map, self.upsampling, self.constant) = (map, upsampling, constant)
  }

  /// Bytes of memory.
  package var bytes: Int { 4 * (map.vectors.count + constant.count) + upsampling.bytes }
}
