// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let kit: Target.Dependency = .product(name: "PluginKit", package: "PluginKit")

let package = Package(
    name: "swift-provider-tokyo",
    products: [.library(name: "TokyoProvider", type: .dynamic, targets: ["TokyoProvider"])],
    dependencies: [.package(name: "PluginKit", path: "../../PluginKit")],
    targets: [
        .target(name: "TokyoProvider", dependencies: [kit], swiftSettings: settings),
        .testTarget(name: "TokyoProviderTests", dependencies: ["TokyoProvider", kit], swiftSettings: settings),
    ]
)
