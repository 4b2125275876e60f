/// Who may import whom: the plan of the house, told once more than Package.swift tells it.
enum Arrows {
  /// Modules of the toolchain, which anyone may import.
  static let free: Set<String> = [
    "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization",
  ]

  static let allowed: [String: Set<String>] = [
    "LinearAlgebra": ["COpenBLAS", "CVectorKernels"],
    "Imaging": ["LinearAlgebra"],
    "ImageCodecs": ["Imaging", "CImage"],
    "Features": ["Imaging", "LinearAlgebra"],
    "Digests": ["COpenSSL"],
    "Storage": ["Digests"],
    "Access": ["Digests", "Storage"],
    "Metrics": [],
    "ArrayFiles": ["CZlib"],
    "Checkpoints": ["ArrayFiles", "LinearAlgebra"],
    "Catalogue": ["ArrayFiles", "Checkpoints", "Digests", "Features"],
    "VisionTransformers": ["Features", "Checkpoints", "Imaging", "LinearAlgebra"],
    "Fields": ["Features", "Imaging", "LinearAlgebra"],
    "Rendering": ["ArrayFiles", "Fields", "ImageCodecs", "Imaging", "LinearAlgebra"],
    "Jobs": [],
    "Featurization": [
      "ArrayFiles", "ImageCodecs", "Imaging", "Features", "Fields", "Rendering",
      "LinearAlgebra", "Jobs", "Digests", "Storage",
    ],
    "HTTP1": ["HTTPTypes"],
    "Transport": ["CLinux", "COpenSSL"],
    "HTTPServer": ["HTTP1", "Transport", "HTTPTypes", "Logging"],
    // Of the codecs only their errors, which it answers with.
    "API": [
      "Access", "HTTP1", "Featurization", "ImageCodecs", "Jobs", "Digests", "Metrics", "HTTPTypes",
    ],
    "Eyepiece": [
      "LinearAlgebra", "Imaging", "ImageCodecs", "Features", "Digests", "Checkpoints",
      "Catalogue", "VisionTransformers", "Fields", "Rendering", "Jobs", "Storage", "Access",
      "Metrics", "Featurization", "HTTP1", "Transport", "HTTPServer", "API", "ArgumentParser",
      "Configuration", "Logging", "SystemPackage",
    ],
    "EyepieceBench": [
      "LinearAlgebra", "Imaging", "ImageCodecs", "Features", "Checkpoints", "VisionTransformers",
      "Fields", "Rendering", "ArgumentParser",
    ],
  ]

  /// The modules that a file imports.
  static func imports(of text: String) -> Set<String> {
    let pattern =
      #/
      ^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:package|internal|private|fileprivate|public)?\s*
      import\s+(?:(?:struct|class|enum|protocol|typealias|func|var|let)\s+)?(\w+)
      /#
    return Set(
      code(of: text).split(separator: "\n").compactMap { line in
        line.firstMatch(of: pattern).map { String($0.output.1) }
      })
  }

  /// Imports of a file in `Sources/<Target>/` that its target may not have.
  static func strangers(in path: String, _ text: String) -> Set<String> {
    let parts = path.split(separator: "/")
    guard parts.count > 2, let allowed = allowed[String(parts[1])] else { return ["\(path)?"] }
    return imports(of: text).subtracting(allowed).subtracting(free)
  }

  /// What a manifest lets each target import, under the names of the modules.
  static func declared(in manifest: String) -> [String: Set<String>] {
    var result: [String: Set<String>] = [:]
    let products = Dictionary(
      uniqueKeysWithValues: manifest.matches(
        of: #/let (\w+) = Target\.Dependency\.product\(\s*name: "(\w+)"/#
      ).map { (String($0.output.1), String($0.output.2)) })
    let target =
      #/
      (?:\broom\(\s*|\.executableTarget\(\s*name:\s*)"(\w+)"
      (?:,\s*(?:sees|dependencies):\s*\[([^\]]*)\])?
      /#
    for match in manifest.matches(of: target) {
      let words = (match.output.2 ?? "").split { !($0.isLetter || $0.isNumber || $0 == "_") }
      result[String(match.output.1)] = Set(words.map { products[String($0)] ?? String($0) })
    }
    return result
  }
}
