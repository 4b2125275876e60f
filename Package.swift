// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built with these.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .strictMemorySafety(),
  .treatWarning("StrictMemorySafety", as: .error),
]

let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let arguments = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let filePaths = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
/// For tests alone.
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// A room of the house: its name and the rooms that it may see.
func room(_ name: String, sees dependencies: [Target.Dependency] = [], resources: [Resource] = [])
  -> Target
{
  .target(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(of name: String, and others: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "Support"] + others,
    swiftSettings: strict)
}

/// A program that tests start, because they are about to end it.
func testProgram(name: String, sees dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
  name: "eyepiece",
  products: [
    .executable(name: "eyepiece", targets: ["Eyepiece"]),
    .executable(name: "eyepiece-bench", targets: ["EyepieceBench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Libraries in C.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CImage",
      linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("tiff")]),
    .target(name: "CVectorKernels", cSettings: [.unsafeFlags(["-O3"])]),

    // Numbers and pictures.
    room("LinearAlgebra", sees: ["COpenBLAS", "CVectorKernels"]),
    room("Imaging", sees: ["LinearAlgebra"]),
    room("ImageCodecs", sees: ["Imaging", "CImage"]),
    room("Features", sees: ["Imaging", "LinearAlgebra"]),
    room("Digests", sees: ["COpenSSL"]),
    room("Storage", sees: ["Digests"]),
    room("Access", sees: ["Digests", "Storage"]),
    room("Metrics"),
    room("ArrayFiles", sees: ["CZlib"]),
    room("Checkpoints", sees: ["ArrayFiles", "LinearAlgebra"]),
    room("Catalogue", sees: ["ArrayFiles", "Checkpoints", "Digests", "Features"]),
    room(
      "VisionTransformers", sees: ["Features", "Checkpoints", "Imaging", "LinearAlgebra"]),
    room("Fields", sees: ["Features", "Imaging", "LinearAlgebra"]),
    room(
      "Rendering", sees: ["ArrayFiles", "Fields", "ImageCodecs", "Imaging", "LinearAlgebra"]),

    // Requests and work.
    room("Jobs"),
    room(
      "Featurization",
      sees: [
        "ArrayFiles", "ImageCodecs", "Imaging", "Features", "Fields", "Rendering",
        "LinearAlgebra", "Jobs", "Digests", "Storage",
      ]),
    room("HTTP1", sees: [httpTypes]),
    room("Transport", sees: ["CLinux", "COpenSSL"]),
    room("HTTPServer", sees: ["HTTP1", "Transport", httpTypes, logging]),
    room(
      "API",
      sees: [
        "Access", "HTTP1", "Featurization", "ImageCodecs", "Jobs", "Digests", "Metrics", httpTypes,
      ]),

    // Programs.
    .executableTarget(
      name: "Eyepiece",
      dependencies: [
        "LinearAlgebra", "Imaging", "ImageCodecs", "Features", "Digests", "Checkpoints",
        "Catalogue", "VisionTransformers", "Fields", "Rendering", "Jobs", "Storage", "Access",
        "Metrics", "Featurization", "HTTP1", "Transport", "HTTPServer", "API", arguments,
        configuration, filePaths, logging,
      ],
      resources: [
        .embedInCode("Resources/models.json"), .embedInCode("Resources/openapi.yaml"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "EyepieceBench",
      dependencies: [
        "LinearAlgebra", "Imaging", "ImageCodecs", "Features", "Checkpoints",
        "VisionTransformers", "Fields", "Rendering", arguments,
      ],
      swiftSettings: strict),

    // Tests.
    .target(
      name: "Support",
      dependencies: [
        "ImageCodecs", "Imaging", "Features", "LinearAlgebra", "Jobs", "Featurization", "Storage",
      ],
      path: "Tests/Support", swiftSettings: strict),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Catalogue", "Checkpoints", "Features", "Featurization", "HTTP1", "ImageCodecs", "Imaging",
        "Support",
      ],
      path: "Tests/FuzzTargets", swiftSettings: strict),
    tests(of: "FuzzTargets", and: ["Catalogue", "Checkpoints", "Features"]),
    tests(of: "LinearAlgebra"),
    tests(of: "Imaging", and: ["ArrayFiles", "LinearAlgebra"]),
    tests(of: "ImageCodecs", and: ["Imaging"]),
    tests(of: "Digests"),
    testProgram(name: "StoreTorture", sees: ["Storage", "Digests"]),
    tests(of: "Storage", and: ["Digests", "StoreTorture"]),
    tests(of: "Access", and: ["Digests", "Storage"]),
    tests(of: "Metrics"),
    tests(of: "ArrayFiles", and: ["ImageCodecs", "Imaging"]),
    tests(of: "Checkpoints", and: ["ArrayFiles", "LinearAlgebra"]),
    tests(of: "Catalogue", and: ["ArrayFiles", "Checkpoints", "Digests", "Features"]),
    tests(
      of: "VisionTransformers",
      and: [
        "ArrayFiles", "Features", "Checkpoints", "ImageCodecs", "Imaging", "LinearAlgebra",
      ]),
    tests(of: "Fields", and: ["Features", "Imaging", "LinearAlgebra"]),
    tests(
      of: "Rendering",
      and: ["ArrayFiles", "Features", "Fields", "ImageCodecs", "Imaging", "LinearAlgebra"]),
    tests(of: "Jobs"),
    tests(
      of: "Featurization",
      and: [
        "ArrayFiles", "Digests", "ImageCodecs", "Imaging", "Features", "Fields", "Rendering",
        "LinearAlgebra", "Jobs", "Storage",
      ]),
    tests(
      of: "API",
      and: [
        "Access", "ArrayFiles", "Digests", "HTTP1", "Featurization", "ImageCodecs", "Imaging",
        "Features", "Fields", "Rendering", "LinearAlgebra", "Jobs", "Storage", httpTypes, yams,
      ]),
    tests(of: "HTTP1", and: [httpTypes]),
    tests(of: "Transport"),
    tests(of: "HTTPServer", and: ["API", "HTTP1", "Transport", httpTypes, logging]),
    tests(
      of: "Eyepiece",
      and: [
        "API", "Access", "Digests", "Featurization", "Imaging", "Storage", "Transport", logging,
      ]),
    .testTarget(
      name: "GoldenTests",
      dependencies: [
        "ArrayFiles", "Checkpoints", "Features", "Featurization", "Fields", "ImageCodecs",
        "Imaging", "LinearAlgebra", "VisionTransformers",
      ],
      swiftSettings: strict),
    .testTarget(name: "HouseTests", dependencies: ["Support"], swiftSettings: strict),
  ]
)

// Only `bin/fuzz` can link this: libFuzzer must be asked for on the command line.
if Context.environment["EYEPIECE_FUZZING"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Tests/CFuzzer"),
    testProgram(name: "Fuzzing", sees: ["CFuzzer", "FuzzTargets"]),
  ]
}
