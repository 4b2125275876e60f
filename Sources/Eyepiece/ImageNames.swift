import Foundation

/// The names of results: each image's without its extension; with it where two would be the same.
func resultNames(of images: [String]) -> [String] {
  let urls = images.map { URL(fileURLWithPath: $0) }
  let stems = urls.map { $0.deletingPathExtension().lastPathComponent }
  let counts = Dictionary(stems.map { ($0, 1) }, uniquingKeysWith: +)
  return zip(urls, stems).map { counts[$1] == 1 ? $1 : $0.lastPathComponent }
}
