import ArgumentParser
import Featurization

/// Every option of a request as a flag, but for those that need what a server keeps.
package struct RequestOptions: FlagTable {
  package static let rows = Parameter.allCases
    .filter { ![.basis, .image, .x, .y].contains($0) }
    .map { FlagRow(name: $0.rawValue, help: $0.allowed) }
  package var given: [(name: String, value: String)] = []

  package init() {}
}
