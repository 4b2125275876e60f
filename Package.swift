// swift-tools-version: 6.2
import PackageDescription

/// Settings of all Swift targets.
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
/// Settings of tests.
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// A module with its allowed imports.
func target(
  _ name: String, dependsOn dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(of name: String, and others: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "Support"] + others,
    swiftSettings: strict)
}

/// A program that tests start in order to kill it.
func testProgram(name: String, dependsOn dependencies: [Target.Dependency]) -> Target {
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
    // C libraries.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CImage",
      linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("tiff")]),
    .target(name: "CVectorKernels", cSettings: [.unsafeFlags(["-O3"])]),

    // Numerics and pictures.
    target("LinearAlgebra", dependsOn: ["COpenBLAS", "CVectorKernels"]),
    target("Imaging", dependsOn: ["LinearAlgebra"]),
    target("ImageCodecs", dependsOn: ["Imaging", "CImage"]),
    target("Encoders", dependsOn: ["Imaging", "LinearAlgebra"]),
    target("Digests", dependsOn: ["COpenSSL"]),
    target("Cache", dependsOn: ["Digests"]),
    target("Tensors", dependsOn: ["CZlib"]),
    target("Checkpoints", dependsOn: ["Tensors", "LinearAlgebra"]),
    target("Catalogue", dependsOn: ["Tensors", "Checkpoints", "Digests", "Encoders"]),
    target(
      "VisionTransformers", dependsOn: ["Encoders", "Checkpoints", "Imaging", "LinearAlgebra"]),
    target("Fields", dependsOn: ["Encoders", "Imaging", "LinearAlgebra"]),
    target(
      "Rendering", dependsOn: ["Tensors", "Fields", "ImageCodecs", "Imaging", "LinearAlgebra"]),

    // Requests and jobs.
    target("Scheduling"),
    target(
      "Featurization",
      dependsOn: [
        "Tensors", "ImageCodecs", "Imaging", "Encoders", "Fields", "Rendering",
        "LinearAlgebra", "Scheduling", "Digests", "Cache",
      ]),
    target("HTTP1", dependsOn: [httpTypes]),
    target("Transport", dependsOn: ["CLinux", "COpenSSL"]),
    target("HTTPServer", dependsOn: ["HTTP1", "Transport", httpTypes, logging]),
    target(
      "API",
      dependsOn: [
        "Cache", "HTTP1", "Featurization", "ImageCodecs", "Scheduling", "Digests", httpTypes,
      ]),

    // Programs.
    .executableTarget(
      name: "Eyepiece",
      dependencies: [
        "LinearAlgebra", "Imaging", "ImageCodecs", "Encoders", "Digests", "Checkpoints",
        "Catalogue", "VisionTransformers", "Fields", "Rendering", "Scheduling", "Cache",
        "Featurization", "HTTP1", "Transport", "HTTPServer", "API", arguments,
        configuration, filePaths, logging,
      ],
      resources: [
        .embedInCode("Resources/models.json"), .embedInCode("Resources/openapi.yaml"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "EyepieceBench",
      dependencies: [
        "LinearAlgebra", "Imaging", "ImageCodecs", "Encoders", "Checkpoints",
        "VisionTransformers", "Fields", "Rendering", arguments,
      ],
      swiftSettings: strict),

    // Tests.
    .target(
      name: "Support",
      dependencies: [
        "ImageCodecs", "Imaging", "Encoders", "LinearAlgebra", "Scheduling", "Featurization",
        "Cache", "Digests",
      ],
      path: "Tests/Support", swiftSettings: strict),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Catalogue", "Checkpoints", "Encoders", "Featurization", "HTTP1", "ImageCodecs", "Imaging",
        "Support",
      ],
      path: "Tests/FuzzTargets", swiftSettings: strict),
    tests(of: "FuzzTargets", and: ["Catalogue", "Checkpoints", "Encoders"]),
    tests(of: "LinearAlgebra"),
    tests(of: "Imaging", and: ["Tensors", "LinearAlgebra"]),
    tests(of: "ImageCodecs", and: ["Imaging"]),
    tests(of: "Digests"),
    testProgram(name: "StoreTorture", dependsOn: ["Cache", "Digests"]),
    tests(of: "Cache", and: ["Digests", "StoreTorture"]),
    tests(of: "Tensors", and: ["ImageCodecs", "Imaging"]),
    tests(of: "Checkpoints", and: ["Tensors", "LinearAlgebra"]),
    tests(of: "Catalogue", and: ["Tensors", "Checkpoints", "Digests", "Encoders"]),
    tests(
      of: "VisionTransformers",
      and: [
        "Tensors", "Encoders", "Checkpoints", "ImageCodecs", "Imaging", "LinearAlgebra",
      ]),
    tests(of: "Fields", and: ["Encoders", "Imaging", "LinearAlgebra"]),
    tests(
      of: "Rendering",
      and: ["Tensors", "Encoders", "Fields", "ImageCodecs", "Imaging", "LinearAlgebra"]),
    tests(of: "Scheduling"),
    tests(
      of: "Featurization",
      and: [
        "Tensors", "Digests", "ImageCodecs", "Imaging", "Encoders", "Fields", "Rendering",
        "LinearAlgebra", "Scheduling", "Cache",
      ]),
    tests(
      of: "API",
      and: [
        "Tensors", "Digests", "HTTP1", "Featurization", "ImageCodecs", "Imaging",
        "Encoders", "Fields", "Rendering", "LinearAlgebra", "Scheduling", "Cache", httpTypes, yams,
      ]),
    tests(of: "HTTP1", and: [httpTypes]),
    tests(of: "Transport"),
    tests(of: "HTTPServer", and: ["API", "HTTP1", "Transport", httpTypes, logging]),
    tests(
      of: "Eyepiece",
      and: [
        "API", "Digests", "Featurization", "Imaging", "Cache", "Transport", logging,
      ]),
    .testTarget(
      name: "GoldenTests",
      dependencies: [
        "Tensors", "Checkpoints", "Encoders", "Featurization", "Fields", "ImageCodecs",
        "Imaging", "LinearAlgebra", "VisionTransformers",
      ],
      swiftSettings: strict),
    .testTarget(name: "ProjectTests", dependencies: ["Support"], swiftSettings: strict),
  ]
)

// Only `bin/fuzz` can link this: libFuzzer must be enabled on the command line.
if Context.environment["EYEPIECE_FUZZING"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Tests/CFuzzer"),
    testProgram(name: "Fuzzing", dependsOn: ["CFuzzer", "FuzzTargets"]),
  ]
}
