// swift-tools-version: 6.3
import PackageDescription

/// Every target is built alike: language mode 6, strict memory safety, no warning let through.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "quire",
  products: [
    .library(name: "Quire", targets: ["Quire"]),
    .library(name: "QuireKernel", targets: ["QuireKernel"]),
    .executable(name: "quire", targets: ["QuireTool"]),
    .executable(name: "quire-bench", targets: ["QuireBenchmarks"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Text to tokens, tree and diagnostics.
    .target(name: "QuireSyntax", swiftSettings: strict),
    .testTarget(
      name: "QuireSyntaxTests", dependencies: ["QuireSyntax", "SwarmSeeds"], swiftSettings: strict),

    // Tree to a resolved, flat bytecode program.
    .target(name: "QuireProgram", dependencies: ["QuireSyntax"], swiftSettings: strict),
    .testTarget(
      name: "QuireProgramTests", dependencies: ["QuireProgram", "SwarmSeeds"], swiftSettings: strict
    ),

    // Tables, bitmaps and index lists: the only unsafe code.
    .target(name: "KernelStorage", swiftSettings: strict),
    .testTarget(name: "KernelStorageTests", dependencies: ["KernelStorage"], swiftSettings: strict),

    // The simulated kernel, usable without the language.
    .target(name: "QuireKernel", dependencies: ["KernelStorage"], swiftSettings: strict),
    .testTarget(
      name: "QuireKernelTests", dependencies: ["QuireKernel", "KernelStorage", "SwarmSeeds"],
      swiftSettings: strict),

    // Scheduler and interpreter: the one loop that meets the kernel.
    .target(
      name: "QuireRuntime",
      dependencies: [
        "QuireProgram", "QuireSyntax", "QuireReports", "QuireKernel", "KernelStorage",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "QuireRuntimeTests",
      dependencies: [
        "QuireRuntime", "QuireProgram", "QuireSyntax", "QuireKernel", "KernelStorage", "SwarmSeeds",
      ],
      swiftSettings: strict),

    // Snapshots and counters to text and JSON.
    .target(
      name: "QuireReports", dependencies: ["QuireKernel", "KernelStorage"], swiftSettings: strict),
    .testTarget(
      name: "QuireReportsTests", dependencies: ["QuireReports", "QuireKernel"],
      swiftSettings: strict),

    // The library in the language, embedded in the binary.
    .target(
      name: "QuireStandardLibrary", path: "stdlib",
      resources: [
        .embedInCode("patterns.quire"), .embedInCode("prelude.quire"),
        .embedInCode("report.quire"),
      ],
      swiftSettings: strict),

    // The public face: engine, machine, configuration, outcome.
    .target(
      name: "Quire",
      dependencies: [
        "QuireSyntax", "QuireProgram", "QuireKernel", "QuireRuntime", "QuireReports",
        "QuireStandardLibrary",
      ],
      swiftSettings: strict),
    .testTarget(name: "QuireTests", dependencies: ["Quire", "SwarmSeeds"], swiftSettings: strict),

    // GNU readline (GPL-3): linked into the `quire` program alone, never into a library product.
    // No pkgConfig name: its flags are refused by the package manager, and `-lreadline` is all it needs.
    .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),

    // The command line as testable values.
    .target(
      name: "QuireCommands",
      dependencies: [
        "Quire", "CReadline", "QuireSyntax", "QuireProgram", "QuireKernel", "QuireReports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "QuireCommandsTests", dependencies: ["QuireCommands", "Quire", "QuireTool"],
      swiftSettings: strict),
    .executableTarget(
      name: "QuireTool", dependencies: ["QuireCommands"], path: "Sources/quire",
      swiftSettings: strict),

    // One table of ratios against named peers; the real kernel is asked through a little C.
    .target(name: "KernelPeer"),
    .executableTarget(
      name: "QuireBenchmarks",
      dependencies: [
        "Quire", "QuireSyntax", "QuireKernel", "KernelStorage", "KernelPeer",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // How many seeds the swarms of the tests try.
    .target(name: "SwarmSeeds", path: "Tests/SwarmSeeds", swiftSettings: strict),

    // Rules on the sources themselves.
    .testTarget(name: "TidyTests", dependencies: [], swiftSettings: strict),
  ]
)
