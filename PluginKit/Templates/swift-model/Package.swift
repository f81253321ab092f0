// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let kit: Target.Dependency = .product(name: "PluginKit", package: "PluginKit")

let package = Package(
    name: "example_lines",
    products: [.library(name: "ExampleLinesModel", type: .dynamic, targets: ["ExampleLinesModel"])],
    dependencies: [.package(name: "PluginKit", path: "../..")],
    targets: [
        .target(name: "ExampleLinesModel", dependencies: [kit], swiftSettings: settings),
        .testTarget(name: "ExampleLinesModelTests", dependencies: ["ExampleLinesModel", kit], swiftSettings: settings),
    ]
)
