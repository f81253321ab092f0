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
    name: "example_files",
    products: [.library(name: "ExampleFilesProvider", type: .dynamic, targets: ["ExampleFilesProvider"])],
    dependencies: [.package(name: "PluginKit", path: "../..")],
    targets: [
        .target(name: "ExampleFilesProvider", dependencies: [kit], swiftSettings: settings),
        .testTarget(
            name: "ExampleFilesProviderTests", dependencies: ["ExampleFilesProvider", kit], swiftSettings: settings),
    ]
)
