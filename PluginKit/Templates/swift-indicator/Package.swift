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
    name: "example_move",
    products: [.library(name: "ExampleMoveIndicator", type: .dynamic, targets: ["ExampleMoveIndicator"])],
    dependencies: [.package(name: "PluginKit", path: "../..")],
    targets: [
        .target(name: "ExampleMoveIndicator", dependencies: [kit], swiftSettings: settings),
        .testTarget(
            name: "ExampleMoveIndicatorTests", dependencies: ["ExampleMoveIndicator", kit], swiftSettings: settings),
    ]
)
