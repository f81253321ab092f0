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
    name: "swift-process-indicator",
    dependencies: [.package(name: "PluginKit", path: "../../PluginKit")],
    targets: [
        .target(name: "EfficiencyRatioIndicator", dependencies: [kit], swiftSettings: settings),
        .executableTarget(
            name: "efficiency-ratio", dependencies: ["EfficiencyRatioIndicator", kit], swiftSettings: settings),
        .testTarget(
            name: "EfficiencyRatioTests", dependencies: ["EfficiencyRatioIndicator", kit], swiftSettings: settings),
    ]
)
