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
    name: "example_log",
    products: [.library(name: "ExampleLogSink", type: .dynamic, targets: ["ExampleLogSink"])],
    dependencies: [.package(name: "PluginKit", path: "../..")],
    targets: [
        .target(name: "ExampleLogSink", dependencies: [kit], swiftSettings: settings),
        .testTarget(name: "ExampleLogSinkTests", dependencies: ["ExampleLogSink", kit], swiftSettings: settings),
    ]
)
