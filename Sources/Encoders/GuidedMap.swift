package import Imaging
import LinearAlgebra

/// A model with an upsampler, which raises the resolution of its last block's maps with the image
/// as a guide.
package protocol GuidedEncoder: Encoder {
  /// An identity view's map with the upsampling weights of its image.
  func guided(_ map: FeatureMap, by image: InputPlanes) -> GuidedMap
}

/// A map with its upsampling: the weights computed from its image, and a constant.
package struct GuidedMap: Sendable {
  package let map: FeatureMap
  package let upsampling: GuidedUpsampling
  /// The constant added to every upsampled vector, `[dim]`.
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
