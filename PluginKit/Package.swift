// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
]

// The gate that this kit defines; see Sources/CPluginKit/include/pluginkit_gates.h.
#if compiler(>=6.6)
let compilerGate = "pluginkit_swift_6_6"
#elseif compiler(>=6.5)
let compilerGate = "pluginkit_swift_6_5"
#elseif compiler(>=6.4)
let compilerGate = "pluginkit_swift_6_4"
#else
let compilerGate = "pluginkit_swift_6_3"
#endif

// The kit is one shared library: host and plugins must see the same copy of every type.
// See docs/architecture.md, "Why PluginKit is a package of its own".
let package = Package(
    name: "PluginKit",
    products: [
        .library(
            name: "PluginKit", type: .dynamic,
            targets: ["PluginKit", "PluginKitTesting", "StdioProtocol", "PluginProcess"])
    ],
    targets: [
        .target(name: "CPluginKit", cSettings: [.define("PLUGINKIT_COMPILER_GATE", to: compilerGate)]),
        .target(name: "PluginKit", dependencies: ["CPluginKit"], swiftSettings: settings),
        .target(name: "PluginKitTesting", dependencies: ["PluginKit"], swiftSettings: settings),
        .target(name: "StdioProtocol", dependencies: ["PluginKit"], swiftSettings: settings),
        .target(name: "PluginProcess", dependencies: ["PluginKit", "StdioProtocol"], swiftSettings: settings),
    ]
)
