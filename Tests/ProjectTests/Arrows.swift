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
    "Encoders": ["Imaging", "LinearAlgebra"],
    "Files": ["COpenSSL"],
    "Cache": ["Files"],
    "Tensors": ["CZlib", "Files", "LinearAlgebra"],
    "Checkpoints": ["Tensors", "Files", "LinearAlgebra"],
    "Catalogue": ["Tensors", "Checkpoints", "Files", "Encoders"],
    "VisionTransformers": ["Encoders", "Checkpoints", "Imaging", "LinearAlgebra"],
    "Fields": ["Encoders", "Imaging", "LinearAlgebra"],
    "Rendering": ["Tensors", "Fields", "ImageCodecs", "Imaging", "LinearAlgebra"],
    "Scheduling": [],
    "Featurization": [
      "Tensors", "ImageCodecs", "Imaging", "Encoders", "Fields", "Rendering",
      "LinearAlgebra", "Scheduling", "Files", "Cache",
    ],
    "HTTP1": ["HTTPTypes"],
    "Transport": ["CLinux", "COpenSSL"],
    "HTTPServer": ["HTTP1", "Transport", "HTTPTypes", "Logging"],
    // Of the codecs only their errors, which it answers with.
    "API": [
      "HTTP1", "Featurization", "ImageCodecs", "Imaging", "Scheduling", "Files", "HTTPTypes",
    ],
    "Eyepiece": [
      "LinearAlgebra", "Imaging", "ImageCodecs", "Encoders", "Files", "Checkpoints",
      "Catalogue", "VisionTransformers", "Fields", "Rendering", "Scheduling", "Cache",
      "Featurization", "HTTP1", "Transport", "HTTPServer", "API", "ArgumentParser",
      "Configuration", "Logging",
    ],
    "EyepieceBench": [
      "LinearAlgebra", "Imaging", "ImageCodecs", "Encoders", "Files", "Checkpoints",
      "VisionTransformers", "Fields", "Rendering", "ArgumentParser",
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
      (?:\btarget\(\s*|\.executableTarget\(\s*name:\s*)"(\w+)"
      (?:,\s*(?:dependsOn|dependencies):\s*\[([^\]]*)\])?
      /#
    for match in manifest.matches(of: target) {
      let words = (match.output.2 ?? "").split { !($0.isLetter || $0.isNumber || $0 == "_") }
      result[String(match.output.1)] = Set(words.map { products[String($0)] ?? String($0) })
    }
    return result
  }
}
