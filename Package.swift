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
/// For tests alone.
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// A module with its allowed imports.
func target(
  _ name: String, dependsOn dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

/// Tests of a module.
///
/// To optimise them takes longer than it saves, but for those that compute much.
func tests(
  of name: String, and others: [Target.Dependency] = [], areOptimised: Bool = false
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "Support"] + others,
    swiftSettings: strict
      + (areOptimised ? [] : [.unsafeFlags(["-Onone"], .when(configuration: .release))]))
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
    // Opened by `bin/torture cards` in place of a card's driver.
    .library(name: "MockDriver", type: .dynamic, targets: ["CMockLibrary"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Libraries in C.
    .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("openblas")]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CImage",
      linkerSettings: [
        .linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("tiff"),
        .linkedLibrary("webp"), .linkedLibrary("webpdemux"), .linkedLibrary("gif"),
        .linkedLibrary("openjp2"),
      ]),
    .target(name: "CVectorKernels", cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CResources"),
    .target(name: "CKernels", dependencies: ["CZlib"], exclude: ["Kernels", "kernels.bin"]),

    // Numerics and pictures.
    target("LinearAlgebra", dependsOn: ["COpenBLAS", "CVectorKernels"]),
    target("Imaging", dependsOn: ["LinearAlgebra"]),
    target("ImageCodecs", dependsOn: ["Imaging", "Tensors", "CImage"]),
    target("Encoders", dependsOn: ["Imaging", "LinearAlgebra"]),
    target("Files", dependsOn: ["COpenSSL", "CResources", "CZlib"]),
    target("Cache", dependsOn: ["Files"]),
    target("Sharing", dependsOn: ["Cache", "Files"]),
    target("Tensors", dependsOn: ["CZlib", "Files", "LinearAlgebra"]),
    target("Checkpoints", dependsOn: ["Tensors", "Files", "LinearAlgebra"]),
    target("Catalogue", dependsOn: ["Tensors", "Checkpoints", "Files", "Encoders"]),
    target(
      "VisionTransformers", dependsOn: ["Encoders", "Checkpoints", "Imaging", "LinearAlgebra"]),
    .target(name: "CDriver"),
    target(
      "GPU",
      dependsOn: [
        "CDriver", "CKernels", "Checkpoints", "Encoders", "Files", "Imaging", "LinearAlgebra",
        "VisionTransformers",
      ]),
    target("Fields", dependsOn: ["Encoders", "Imaging", "LinearAlgebra"]),
    target(
      "Rendering", dependsOn: ["Tensors", "Fields", "ImageCodecs", "Imaging", "LinearAlgebra"]),
    target(
      "Segmentation",
      dependsOn: ["Checkpoints", "Fields", "Imaging", "LinearAlgebra", "Tensors", "Files"]),
    target(
      "Analysis",
      dependsOn: [
        "Encoders", "Fields", "Files", "Imaging", "LinearAlgebra", "Segmentation", "Tensors",
      ]),

    // Requests and jobs.
    target("Scheduling"),
    target("Backlog", dependsOn: ["Files"]),
    target("BacklogSQL", dependsOn: ["Backlog", "Files"]),
    target("BacklogPostgres", dependsOn: ["Backlog", "BacklogSQL", "CPostgres", "Files"]),
    target(
      "BacklogSQLite",
      dependsOn: ["Backlog", "BacklogSQL", "CLinux", "CSQLite", "Files", "Scheduling"]),
    target(
      "Featurization",
      dependsOn: [
        "Tensors", "ImageCodecs", "Imaging", "Encoders", "Fields", "Rendering",
        "LinearAlgebra", "Scheduling", "Files", "Cache", "Segmentation", "Analysis",
      ]),
    target("Jobs", dependsOn: ["Backlog", "Featurization", "Encoders", "Scheduling", "Files"]),
    target("HTTP1", dependsOn: [httpTypes]),
    target("Transport", dependsOn: ["CLinux", "COpenSSL"]),
    target("HTTPServer", dependsOn: ["HTTP1", "Transport", httpTypes, logging]),
    target(
      "API",
      dependsOn: [
        "HTTP1", "Featurization", "ImageCodecs", "Imaging", "Scheduling", "Files", "Segmentation",
        "Analysis", "Backlog", "Cache", "Jobs", "Sharing", "Encoders", "Tensors", httpTypes,
      ],
      exclude: ["Page"]),

    // Programs.
    .executableTarget(
      name: "Eyepiece",
      dependencies: [
        "LinearAlgebra", "Imaging", "ImageCodecs", "Encoders", "Files", "Checkpoints",
        "Catalogue", "VisionTransformers", "Fields", "Rendering", "Scheduling", "Cache",
        "Featurization", "HTTP1", "Transport", "HTTPServer", "API", "Segmentation", "Analysis",
        "Backlog", "BacklogPostgres", "BacklogSQLite", "Jobs", "Sharing", "GPU", arguments,
        configuration, logging,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "EyepieceBench",
      dependencies: [
        "LinearAlgebra", "Imaging", "ImageCodecs", "Encoders", "Files", "Checkpoints",
        "VisionTransformers", "Fields", "Rendering", "Segmentation", arguments,
      ],
      swiftSettings: strict),

    // Tests.
    .target(
      name: "Support",
      dependencies: [
        "ImageCodecs", "Imaging", "Encoders", "LinearAlgebra", "Scheduling", "Featurization",
        "Cache", "Files", "Tensors",
      ],
      path: "Tests/Support", swiftSettings: strict),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "API", "Catalogue", "Checkpoints", "Encoders", "Featurization", "HTTP1", "ImageCodecs",
        "Imaging", "LinearAlgebra", "Segmentation", "Support", "VisionTransformers",
      ],
      path: "Tests/FuzzTargets", swiftSettings: strict),
    .target(
      name: "CKernelEmulator", dependencies: ["CKernels"], path: "Tests/CKernelEmulator",
      cxxSettings: [.headerSearchPath(".")]),
    .target(
      name: "CKernelCheck", dependencies: ["CKernels", "CKernelEmulator"],
      path: "Tests/CKernelCheck"),
    .executableTarget(
      name: "GPUCheck", dependencies: ["CDriver", "CKernelCheck", "CKernels"],
      path: "Tests/GPUCheck", linkerSettings: [.linkedLibrary("m")]),
    tests(of: "CKernels", and: ["CKernelCheck", "CKernelEmulator", "Files"], areOptimised: true),
    tests(of: "FuzzTargets", and: ["Catalogue", "Checkpoints", "Encoders"]),
    tests(of: "LinearAlgebra", areOptimised: true),
    tests(of: "Imaging", and: ["Tensors", "LinearAlgebra"]),
    tests(of: "ImageCodecs", and: ["Imaging"]),
    tests(of: "Files"),
    testProgram(name: "StoreTorture", dependsOn: ["Cache", "Files"]),
    tests(of: "Cache", and: ["Files", "StoreTorture"], areOptimised: true),
    tests(of: "Sharing", and: ["Cache", "Files"]),
    tests(of: "Tensors", and: ["ImageCodecs", "Imaging"]),
    tests(of: "Checkpoints", and: ["Tensors", "Files", "LinearAlgebra"]),
    tests(
      of: "Catalogue",
      and: ["Tensors", "Checkpoints", "Files", "Encoders", "VisionTransformers"]),
    tests(
      of: "VisionTransformers",
      and: [
        "Tensors", "Encoders", "Checkpoints", "ImageCodecs", "Imaging", "LinearAlgebra",
      ],
      areOptimised: true),
    .target(name: "CMockDriver", dependencies: ["CDriver"], path: "Tests/CMockDriver"),
    .target(
      name: "CMockLibrary", dependencies: ["CKernelEmulator", "CKernels", "CMockDriver"],
      path: "Tests/CMockLibrary"),
    testProgram(name: "MockWorker", dependsOn: ["CMockDriver", "CMockLibrary", "GPU"]),
    tests(
      of: "GPU",
      and: [
        "CDriver", "CMockDriver", "Checkpoints", "Encoders", "Files", "Imaging", "LinearAlgebra",
        "MockWorker", "VisionTransformers",
      ]),
    tests(of: "Fields", and: ["Encoders", "Imaging", "LinearAlgebra"]),
    tests(
      of: "Rendering",
      and: ["Tensors", "Encoders", "Fields", "ImageCodecs", "Imaging", "LinearAlgebra"]),
    tests(
      of: "Segmentation",
      and: ["Tensors", "Files", "Encoders", "Fields", "ImageCodecs", "Imaging", "LinearAlgebra"]),
    tests(
      of: "Analysis",
      and: [
        "Encoders", "Fields", "Files", "ImageCodecs", "Imaging", "LinearAlgebra", "Segmentation",
        "Tensors",
      ],
      areOptimised: true),
    tests(of: "Scheduling"),
    .target(
      name: "BacklogLaws", dependencies: ["Backlog", "BacklogSQL", "Files", "Support"],
      path: "Tests/BacklogLaws", swiftSettings: strict),
    tests(of: "Backlog", and: ["BacklogLaws"]),
    tests(of: "BacklogPostgres", and: ["Backlog", "BacklogLaws", "BacklogSQL", "BacklogTorture"]),
    testProgram(
      name: "BacklogTorture",
      dependsOn: [
        "Backlog", "BacklogLaws", "BacklogPostgres", "BacklogSQL", "BacklogSQLite", "Support",
      ]),
    tests(
      of: "BacklogSQLite", and: ["Backlog", "BacklogLaws", "BacklogSQL", "BacklogTorture", "Files"]),
    tests(
      of: "Featurization",
      and: [
        "Tensors", "Files", "ImageCodecs", "Imaging", "Encoders", "Fields", "Rendering",
        "LinearAlgebra", "Scheduling", "Cache", "Segmentation", "Analysis",
      ]),
    tests(
      of: "API",
      and: [
        "Tensors", "Files", "HTTP1", "Featurization", "ImageCodecs", "Imaging",
        "Encoders", "Fields", "Rendering", "LinearAlgebra", "Scheduling", "Cache", "Backlog",
        "Checkpoints", "Jobs", "Sharing",
        httpTypes, yams,
      ]),
    tests(of: "HTTP1", and: [httpTypes]),
    tests(of: "Transport", and: ["Files"]),
    tests(
      of: "HTTPServer", and: ["API", "HTTP1", "Transport", httpTypes, logging], areOptimised: true),
    tests(
      of: "Eyepiece",
      and: [
        "API", "Files", "Featurization", "Imaging", "LinearAlgebra", "Cache", "Transport",
        logging,
      ]),
    .testTarget(
      name: "GoldenTests",
      dependencies: [
        "Tensors", "Checkpoints", "Encoders", "Featurization", "Fields", "ImageCodecs",
        "Imaging", "LinearAlgebra", "VisionTransformers",
      ],
      swiftSettings: strict),
    .testTarget(name: "ProjectTests", dependencies: ["Support", yams], swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)

// `bin/sanitize` builds some of the tests alone, for it builds everything below them as well.
if let some = Context.environment["EYEPIECE_TESTS"]?.split(separator: " ") {
  package.targets.removeAll { target in
    target.isTest && !some.contains { "\($0)Tests" == target.name }
  }
}

// Only `bin/fuzz` can link this: libFuzzer must be asked for on the command line.
if Context.environment["EYEPIECE_FUZZING"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Tests/CFuzzer"),
    testProgram(name: "Fuzzing", dependsOn: ["CFuzzer", "FuzzTargets"]),
  ]
}
