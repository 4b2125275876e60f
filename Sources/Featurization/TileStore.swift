import Cache
import Encoders
import Files
import Foundation
import Imaging

/// Encoded tiles of one field on disk, so that a server that was stopped goes on where it was.
///
/// They are removed once the whole field is kept, and otherwise go as the store's oldest entries do.
struct TileStore: Sendable {
  /// The place of a tile among a field's.
  struct Name: Encodable {
    let view: View
    let row: Int
    let column: Int
  }

  static let namespace = Namespace("tiles")

  let disk: DiskStore
  let record: FieldRecord
  /// The grid of one tile.
  let grid: Grid

  private func key(_ name: Name) -> Digest {
    SHA256.digest(of: Array("\(record.name)\n\(canonical(name))".utf8))
  }

  func read(_ name: Name) -> StoredEncoding? {
    disk.read(key(name), in: TileStore.namespace) { entry in
      guard let line = entry.line(limit: 1024),
        let shape = try? JSONDecoder().decode(StoredEncoding.Shape.self, from: Data(line)),
        let tile = StoredEncoding(
          grid, shape, as: record.request.storageType, from: &entry),
        entry.remaining == 0
      else { return nil }
      return tile
    }
  }

  func write(_ tile: StoredEncoding, as name: Name) {
    let line = Array(canonical(tile.shape).utf8) + [UInt8(ascii: "\n")]
    disk.write(key(name), in: TileStore.namespace, payload: line.count + tile.bytes) { writer in
      writer.append(line)
      tile.append(to: &writer)
    }
  }

  /// Removes all tiles of a layout's views.
  func removeAll(_ layout: TileLayout, of views: [View]) {
    for view in views {
      for row in layout.vertical.origins.indices {
        for column in layout.horizontal.origins.indices {
          disk.remove(key(Name(view: view, row: row, column: column)), in: TileStore.namespace)
        }
      }
    }
  }
}
