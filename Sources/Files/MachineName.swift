import Foundation

/// The name of this machine, as its system has it.
///
/// Source: proc(5), `/proc/sys/kernel/hostname`.
package func machineName() -> String {
  let text = try? String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)
  let name = text?.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
  return name.isEmpty ? "machine" : name
}
