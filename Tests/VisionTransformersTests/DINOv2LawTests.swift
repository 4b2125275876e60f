import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// Properties that hold for every model and every image.
@Suite("DINOv2, properties", .timeLimit(.minutes(4))) struct DINOv2LawTests {
  static let views = [
    View(), View(flipsRows: true), View(flipsColumns: true),
    View(flipsRows: true, flipsColumns: true), View(down: 1), View(right: -2),
    View(down: -3, right: 5), View(down: 2, right: 1, flipsRows: true, flipsColumns: true),
    View(down: -1, right: 1, flipsColumns: true),
  ]

  @Test(arguments: ["dinov2_mlp", "dinov2_registers"], ["wide", "dense", "square"])
  func `ViT: encoding a view is encoding the transformed image, bit by bit`(
    name: String, input: String
  ) async throws {
    let tiny = try TinyModel.golden(name)
    let (image, stride) = (try tiny.input(input), tiny.stride(of: input))
    var views = DINOv2LawTests.views
    if image.size.width == image.size.height {
      views += views.map {
        var view = $0
        view.isTransposed = true
        return view
      }
    }
    let encodings = try await tiny.model.encodings(of: image, views, stride: stride)
    #expect(encodings.count == views.count)
    #expect(Set(encodings.map(\.bits)).count == views.count, "the views differ")
    for (view, encoding) in zip(views, encodings) {
      let alone = try await tiny.model.encodings(of: image.seen(under: view), stride: stride)
      #expect(alone.map(\.bits) == [encoding.bits], "\(view)")
      #expect(alone.map(\.patches.grid) == [encoding.patches.grid], "\(view)")
    }
  }

  /// 1055 tokens: several blocks of rows, of queries and of keys.
  @Test(arguments: DINOv2Tests.models, Precision.allCases)
  func `ViT: results are bit-equal for any number of threads`(
    name: String, precision: Precision
  ) async throws {
    let tiny = try TinyModel.golden(name)
    var chance = SeededNumbers(seed: 11)
    let size = Size(width: 14 + 33 * 4, height: 14 + 30 * 4)
    let image = InputPlanes(size: size, values: chance.floats(3 * size.width * size.height))
    let views = Array(DINOv2LawTests.views.prefix(4))
    let alone = try await tiny.model.encodings(
      of: image, views, stride: 4, precision: precision, members: 1)
    for members in [2, 3, 4, 7] {
      let found = try await tiny.model.encodings(
        of: image, views, stride: 4, precision: precision, members: members)
      #expect(found.map(\.bits) == alone.map(\.bits), "\(members) workers")
    }
  }

  @Test func `ViT: progress counts every block of every view`() async throws {
    let tiny = try TinyModel.golden("dinov2_mlp")
    let progress = WorkProgress()
    _ = try await tiny.model.encodings(
      of: tiny.input("wide"), DINOv2LawTests.views, stride: 14, progress: progress)
    #expect(progress.blocks == (done: 27, total: 27))
    #expect(!progress.isCancelled && progress.blocksAfterCancellation == 0)
  }

  @Test func `ViT: cancelled work does not begin`() async throws {
    let tiny = try TinyModel.golden("dinov2_mlp")
    let progress = WorkProgress()
    progress.cancel()
    await #expect(throws: CancellationError.self) {
      try await tiny.model.encodings(of: tiny.input("wide"), stride: 14, progress: progress)
    }
    #expect(progress.blocks.done == 0)
  }

  /// More views than could be encoded before the deadline.
  @Test(arguments: [1, 2, 3])
  func `ViT: cancelled work ends at the next block`(members: Int) async throws {
    let tiny = try TinyModel.golden("dinov2_mlp")
    let image = try tiny.input("square")
    let progress = WorkProgress()
    let outcome = Box<String?>(nil)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          _ = try await tiny.model.encodings(
            of: image, (0..<100_000).map { View(down: $0) }, stride: 2, members: members,
            progress: progress)
          outcome.value = "all encoded"
        } catch {
          outcome.value = "\(type(of: error))"
        }
      }
      let hasBegun = await eventually(within: .seconds(60)) { progress.blocks.done >= 3 }
      progress.cancel()
      let hasEnded = await outcome.until { $0 != nil }
      #expect(hasBegun && hasEnded)
    }
    #expect(outcome.value == "CancellationError")
    #expect(progress.blocks.total == 300_000 && progress.blocks.done < 300_000)
    #expect(progress.blocksAfterCancellation <= members)
  }
}
