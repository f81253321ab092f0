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

/// Of modules that compute: a debug build of them optimises too, so that tests which run the program take half the time.
let computing: [SwiftSetting] = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

let kit: Target.Dependency = .product(name: "PluginKit", package: "PluginKit")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOWebSocket", "NIOConcurrencyHelpers"].map {
    .product(name: $0, package: "swift-nio")
}
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTPTypes: [Target.Dependency] = ["NIOHTTPTypes", "NIOHTTPTypesHTTP1"].map {
    .product(name: $0, package: "swift-nio-extras")
}
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: [Target.Dependency] = ["Crypto", "CryptoExtras"].map { .product(name: $0, package: "swift-crypto") }
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")

func host(
    _ name: String, _ folder: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil,
    settings: [SwiftSetting] = settings
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Host/\(folder)", resources: resources,
        swiftSettings: settings)
}

/// What host and plugins share.
func shared(
    _ name: String, _ dependencies: [Target.Dependency] = [kit], resources: [Resource]? = nil,
    settings: [SwiftSetting] = settings
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Common/\(name)", resources: resources,
        swiftSettings: settings)
}

/// What several plugins share.
func common(
    _ name: String, _ dependencies: [Target.Dependency] = [kit], settings: [SwiftSetting] = settings
) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Plugins/Common/\(name)", swiftSettings: settings)
}

/// A provider, model or sink: a folder with its README beside the code.
func plugin(
    _ name: String, _ folder: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = settings
) -> Target {
    .target(
        name: name, dependencies: [kit] + dependencies, path: "Sources/Plugins/\(folder)", exclude: ["README.md"],
        swiftSettings: settings)
}

func tests(_ name: String, _ folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + [kit, "TestSupport"], path: "Tests/\(folder)", swiftSettings: settings)
}

let clibraries: [Target] = [
    .target(name: "CProcessLauncher", path: "Sources/CLibraries/CProcessLauncher"),
    .systemLibrary(
        name: "CCurl", path: "Sources/CLibraries/CCurl", pkgConfig: "libcurl",
        providers: [.apt(["libcurl4-openssl-dev"])]),
    // Layouts only: the libraries are opened at run time.
    .systemLibrary(name: "CArrowData", path: "Sources/CLibraries/CArrowData"),
    .systemLibrary(name: "CLibSVM", path: "Sources/CLibraries/CLibSVM"),
    .systemLibrary(name: "CONNXRuntime", path: "Sources/CLibraries/CONNXRuntime"),
    .systemLibrary(name: "CLibRdKafka", path: "Sources/CLibraries/CLibRdKafka"),
    .systemLibrary(
        name: "CYAML", path: "Sources/CLibraries/CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(
        name: "CZlib", path: "Sources/CLibraries/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
]

let sharedTargets: [Target] = [
    shared("AccessScopes", []),
    shared("CivilTime", [], settings: computing),
    shared("Deflation", ["CZlib"], settings: computing),
    shared("EditDistance", []),
    shared("FileOutput"),
    shared("JSONWriting", ["CivilTime"], settings: computing),
    shared("ParquetFile", ["Deflation"], settings: computing),
    shared("PredictionTargets", []),
    shared("RowColumns"),
    shared("SQLiteFile", [kit, "FileOutput", grdb, .product(name: "GRDBSQLite", package: "GRDB.swift")]),
    shared("TimeZones", ["CivilTime"], settings: computing),
    shared(
        "TradingCalendars", [kit, "CivilTime", "TimeZones"], resources: [.embedInCode("calendars.txt")]),
]

let hostTargets: [Target] = [
    host(
        "HostManifest", "Manifest",
        [
            kit, "AccessScopes", "CYAML", "CivilTime", "EditDistance", "JSONWriting", "PredictionTargets", "RowColumns",
        ]),
    host("HostCore", "Core", [kit, "PredictionTargets", "RowColumns"], settings: computing),
    host(
        "HostTraining", "Training", [kit, "HostCore", "CivilTime", "PredictionTargets"], settings: computing),
    host("HostTrading", "Trading", [kit, "HostCore", "CivilTime"]),
    host("HostStorage", "Storage", [kit, "HostCore", "CivilTime", "FileOutput", "SQLiteFile", grdb]),
    host(
        "HostSecurity", "Security",
        crypto + [kit, "AccessScopes", "HostManifest", "CivilTime", "FileOutput", "JSONWriting"]),
    host(
        "HostTLS", "TLS",
        [nioCore, kit, nioSSL]),
    host("HostTelemetry", "Telemetry", [kit, "HostCore", "CivilTime", "JSONWriting", logging]),
    host(
        "HostWebSocket", "WebSocket",
        nio + nioHTTPTypes + ["Deflation", "JSONWriting", hummingbird, hummingbirdCore, httpTypes, logging]),
    host(
        "HostGateway", "Gateway",
        nio + nioHTTPTypes + [
            kit, "AccessScopes", "HostCore", "HostSecurity", "HostWebSocket", "CivilTime", "Deflation", "JSONWriting",
            hummingbird, hummingbirdCore,
            httpTypes, "TradingCalendars", logging, lifecycle,
        ], resources: [.embedInCode("OpenAPI/docs.html")]),
    host(
        "HostApp", "App",
        [
            kit, "HostManifest", "HostCore", "HostTraining", "HostStorage", "HostTelemetry", "HostWebSocket",
            "HostGateway", "HostSecurity", "HostTLS", "HostTrading", "AccessScopes", "Builtin", "HTTPFetch",
            "ProtobufReading", "RowColumns", "FileOutput", "JSONWriting", "CivilTime", "PredictionTargets",
            "DelimitedText", "TradingCalendars", logging, lifecycle, signals,
        ] + nio),
    host(
        "HostPlugins", "Plugins",
        [kit, "HostManifest", "HostProcess", .product(name: "Crypto", package: "swift-crypto")],
        resources: [.embedInCode("Python/penstock_plugin.py")]),
    host(
        "HostConformance", "Conformance", [kit, "HostManifest", "HostPlugins", "CivilTime"],
        resources: [.embedInCode("Samples/IBM.csv")]),
    .executableTarget(
        name: "penstock",
        dependencies: [
            "HostApp", "HostPlugins", "HostProcess", "HostConformance", "HostSecurity", "HostTraining", "HostTrading",
            "CivilTime", "ParquetFile", "TradingCalendars", arguments,
        ],
        path: "Sources/Host/CLI", swiftSettings: settings),
    host("HostProcess", "Process", [kit, "HostCore", "CProcessLauncher"]),
]

let pluginTargets: [Target] = [
    common("CallQueue"),
    common("RollingStatistics", settings: computing),
    common("DelimitedText", [kit, "CZlib"], settings: computing),
    common("HTTPFetch", [kit, "CCurl", "CivilTime", "DelimitedText"]),
    common("EventTiming", [kit, "CivilTime", "TimeZones", "TradingCalendars"]),
    common("FetchAssembly", [kit, "CivilTime"]),
    common("JSONReading", settings: computing),
    common("KafkaClient", [kit, "CLibRdKafka", "CallQueue", "SharedLibraries"]),
    common("MailSending", [kit, "CCurl", "CivilTime", "HTTPFetch", "SocketStream"]),
    common("Notices", [kit, "CivilTime"]),
    common("ShareRows", [kit, "CivilTime", "DelimitedText", "EventTiming", "FetchAssembly", "TimeZones"]),
    common("SocketStream", [kit, "CCurl", "CivilTime", "HTTPFetch"]),
    common("ProtobufReading", []),
    common("SharedLibraries"),
    common("TreeEnsembles", [kit, "JSONReading", "TabularModels"], settings: computing),
    common("XGBoostInterface", [kit, "SharedLibraries"]),
    common("RecordText", [kit, "CivilTime", "JSONWriting"]),
    common("Ensembles", [kit, "TabularModels"], settings: computing),
    common("TabularModels", settings: computing),
    .target(
        name: "Indicators", dependencies: [kit, "CivilTime", "EditDistance", "RollingStatistics", "RowColumns"],
        path: "Sources/Plugins/Indicators",
        // Two products of one recursion in one register cost more shuffles than they save: what can run side by side is a loop.
        swiftSettings: computing + [.unsafeFlags(["-Xllvm", "-vectorize-slp=false"], .when(configuration: .release))],
        linkerSettings: [.linkedLibrary("m")]),
    plugin(
        "AkShareProvider", "Providers/AkShare",
        [
            "CivilTime", "DelimitedText", "EventTiming", "FetchAssembly", "HTTPFetch", "JSONReading", "ShareRows",
            "TimeZones", "TradingCalendars",
        ]),
    plugin(
        "AlphaVantageProvider", "Providers/AlphaVantage",
        ["CivilTime", "EventTiming", "FetchAssembly", "HTTPFetch", "JSONReading", "TimeZones"]),
    plugin(
        "BinanceProvider", "Providers/Binance",
        ["CivilTime", "DelimitedText", "FetchAssembly", "HTTPFetch", "JSONReading", "SocketStream"]),
    plugin(
        "HTTPTableProvider", "Providers/HTTPTable",
        ["CivilTime", "DelimitedText", "EventTiming", "FetchAssembly", "HTTPFetch", "JSONReading", "TimeZones"]),
    plugin(
        "KafkaProvider", "Providers/Kafka", ["CallQueue", "CivilTime", "JSONReading", "KafkaClient", "TimeZones"]),
    plugin(
        "LocalHistoryProvider", "Providers/LocalHistory",
        [
            "CArrowData", "DelimitedText", "CivilTime", "EditDistance", "EventTiming", "SharedLibraries", "SQLiteFile",
            "TimeZones",
        ], settings: computing),
    plugin(
        "TushareProvider", "Providers/Tushare",
        [
            "CivilTime", "DelimitedText", "EventTiming", "FetchAssembly", "HTTPFetch", "JSONReading", "JSONWriting",
            "ShareRows", "TimeZones",
        ]),
    plugin(
        "YahooProvider", "Providers/Yahoo",
        [
            "CivilTime", "EventTiming", "FetchAssembly", "HTTPFetch", "JSONReading", "ProtobufReading", "SocketStream",
            "TimeZones", "TradingCalendars",
        ]),
    plugin("LinearModel", "Models/Linear", ["TabularModels"], settings: computing),
    plugin("GradientBoostingModel", "Models/GradientBoosting", ["SharedLibraries", "TabularModels"]),
    plugin("BayesianAverageModel", "Models/BayesianAverage", ["Ensembles", "TabularModels"]),
    plugin("NeuralModel", "Models/Neural", ["Ensembles", "TabularModels"], settings: computing),
    plugin(
        "ONNXModel", "Models/ONNX",
        ["CONNXRuntime", "CivilTime", "ProtobufReading", "SharedLibraries", "TabularModels"]),
    plugin("OnlineLinearModel", "Models/OnlineLinear", ["TabularModels"], settings: computing),
    plugin("StackingModel", "Models/Stacking", ["Ensembles", "TabularModels"]),
    plugin("VotingModel", "Models/Voting", ["Ensembles", "TabularModels"]),
    plugin("RandomForestModel", "Models/RandomForest", ["TabularModels", "TreeEnsembles", "XGBoostInterface"]),
    plugin("SVMModel", "Models/SVM", ["CLibSVM", "SharedLibraries", "TabularModels"]),
    plugin("XGBoostModel", "Models/XGBoost", ["TabularModels", "TreeEnsembles", "XGBoostInterface"]),
    plugin("ConsoleSink", "Sinks/Console", ["CivilTime", "RecordText", "FileOutput"]),
    plugin("CSVSink", "Sinks/CSV", ["CivilTime", "RecordText", "FileOutput", "DelimitedText"]),
    plugin("EmailSink", "Sinks/Email", ["CivilTime", "HTTPFetch", "MailSending", "Notices"]),
    plugin("KafkaSink", "Sinks/Kafka", ["CallQueue", "CivilTime", "KafkaClient", "RecordText"]),
    plugin("NDJSONSink", "Sinks/NDJSON", ["RecordText", "FileOutput"]),
    plugin("ParquetSink", "Sinks/Parquet", ["CallQueue", "CivilTime", "FileOutput", "ParquetFile", "RecordText"]),
    plugin("PostgresSink", "Sinks/Postgres", ["CallQueue", "CivilTime", "RecordText", "SharedLibraries"]),
    plugin("RedisSink", "Sinks/Redis", ["CallQueue", "RecordText"]),
    plugin("SQLiteSink", "Sinks/SQLite", ["RecordText", "FileOutput", "SQLiteFile", grdb]),
    plugin("WebSocketSink", "Sinks/WebSocket", ["RecordText"]),
    plugin("WebhookSink", "Sinks/Webhook", ["HTTPFetch", "JSONReading", "JSONWriting", "Notices"]),
    .target(
        name: "Builtin",
        dependencies: [
            kit, "AkShareProvider", "AlphaVantageProvider", "BinanceProvider", "HTTPTableProvider", "Indicators",
            "KafkaProvider", "LocalHistoryProvider", "TushareProvider", "YahooProvider", "BayesianAverageModel",
            "GradientBoostingModel", "LinearModel", "NeuralModel", "OnlineLinearModel", "RandomForestModel",
            "ONNXModel", "StackingModel",
            "VotingModel", "SVMModel",
            "XGBoostModel", "ConsoleSink",
            "CSVSink", "EmailSink", "KafkaSink", "NDJSONSink", "ParquetSink", "PostgresSink", "RedisSink", "SQLiteSink",
            "WebSocketSink", "WebhookSink",
        ],
        path: "Sources/Plugins/Builtin", swiftSettings: settings),
]

let testTargets: [Target] = [
    // What the tests of several targets share.
    .target(
        name: "TestSupport",
        dependencies: [
            kit, .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        ],
        path: "Tests/Support/TestSupport", swiftSettings: settings),
    tests("PluginKitTests", "PluginKitTests", []),
    tests("HostManifestTests", "ManifestTests", ["AccessScopes", "HostManifest", "EditDistance", "PredictionTargets"]),
    tests("HostCoreTests", "CoreTests", ["HostCore", "PredictionTargets", "RowColumns"]),
    tests(
        "HostTrainingTests", "TrainingTests",
        [
            "HostTraining", "HostCore", "Indicators", "LinearModel", "OnlineLinearModel",
            "PredictionTargets", "RowColumns",
        ]),
    tests(
        "LeakageTests", "LeakageTests",
        ["Builtin", "HostTraining", "HostCore", "HostManifest", "LinearModel", "PredictionTargets", "RowColumns"]),
    tests("HostTradingTests", "TradingTests", ["HostTrading", "HostCore"]),
    tests(
        "HostSecurityTests", "SecurityTests",
        ["HostSecurity", "HostTLS", "HostCore", "AccessScopes", "CivilTime", nioCore] + crypto),
    tests("HostStorageTests", "StorageTests", ["HostStorage", "HostCore", "SQLiteFile", grdb]),
    tests("HostTelemetryTests", "TelemetryTests", ["HostTelemetry", "HostCore", logging]),
    tests(
        "HostWebSocketTests", "WebSocketTests",
        nio + [nioEmbedded, "Deflation", "HostWebSocket", hummingbird, hummingbirdCore, httpTypes, logging, lifecycle]),
    tests(
        "HostGatewayTests", "GatewayTests",
        nio + nioHTTPTypes + [
            nioEmbedded, "AccessScopes", "Deflation", "HostGateway", "HostSecurity", "HostWebSocket", "HostCore",
            "TradingCalendars", hummingbird,
            httpTypes, logging, lifecycle,
        ]),
    tests(
        "IndicatorTests", "Plugins/IndicatorTests",
        ["Builtin", "CivilTime", "Indicators", "RollingStatistics", "RowColumns"]),
    tests(
        "ProviderTests", "Plugins/ProviderTests",
        [
            "HostCore", "AkShareProvider", "AlphaVantageProvider", "BinanceProvider", "HTTPTableProvider",
            "KafkaProvider", "KafkaSink", "LocalHistoryProvider", "TushareProvider", "YahooProvider", "DelimitedText",
            "FetchAssembly", "JSONReading",
            "CivilTime", "EventTiming", "TimeZones", "CZlib", grdb,
        ]),
    tests("HTTPFetchTests", "Plugins/HTTPFetchTests", ["HTTPFetch", "DelimitedText", "CZlib"]),
    tests(
        "CommonTests", "Common",
        ["CivilTime", "Deflation", "JSONWriting", "ParquetFile", "TimeZones", "TradingCalendars"]),
    tests(
        "ModelTests", "Plugins/ModelTests",
        [
            "BayesianAverageModel", "Ensembles", "GradientBoostingModel", "LinearModel", "NeuralModel",
            "ONNXModel", "OnlineLinearModel", "StackingModel", "VotingModel", "RandomForestModel", "SVMModel",
            "XGBoostModel",
            "TabularModels",
            "TreeEnsembles", "JSONReading",
            "XGBoostInterface",
        ]),
    tests("SocketStreamTests", "Plugins/SocketStreamTests", ["SocketStream", "HTTPFetch"]),
    tests(
        "SinkTests", "Plugins/SinkTests",
        [
            "CallQueue", "ConsoleSink", "CSVSink", "EmailSink", "KafkaClient", "KafkaSink", "MailSending", "Notices",
            "NDJSONSink",
            "ParquetFile", "ParquetSink", "PostgresSink", "RedisSink", "SQLiteSink", "WebSocketSink", "WebhookSink",
            "JSONReading", "RecordText", "FileOutput", "SQLiteFile", grdb,
        ]),
    tests(
        "HostAppTests", "AppTests",
        [
            "Builtin", "HostApp", "HostCore", "HostManifest", "HostStorage", "HostTraining", "HostTrading",
            "PredictionTargets", "CivilTime", "DelimitedText",
        ]),
    tests("IntegrationTests", "Integration", ["penstock", "faulty-host", "CProcessLauncher", grdb]),
    // Plugins that break as they are told, compiled into a host of the tests.
    .target(
        name: "FaultyPlugins", dependencies: [kit], path: "Tests/Support/FaultyPlugins", swiftSettings: settings),
    .executableTarget(
        name: "faulty-host",
        dependencies: [
            kit, "FaultyPlugins", "Builtin", "HostApp", "HostManifest", "HostTelemetry", "CivilTime", logging,
        ],
        path: "Tests/Support/FaultyHost", swiftSettings: settings),
    // A program of the process tier around any plugin that ships, for the tests.
    .executableTarget(
        name: "builtin-process", dependencies: [kit, "Builtin"], path: "Tests/Support/BuiltinProcess",
        swiftSettings: settings),
    tests(
        "ConformanceTests", "ConformanceTests",
        [
            "Builtin", "HostConformance", "HostPlugins", "HostProcess", "ParquetFile", "RowColumns", "builtin-process",
            grdb,
        ]),
    tests("HostProcessTests", "ProcessTests", ["HostProcess", "CProcessLauncher"]),
    tests("HostPluginsTests", "PluginsTests", ["HostPlugins", "HostProcess", "HostManifest", "ONNXModel"]),
    tests(
        "RepositoryTests", "RepositoryTests",
        ["AccessScopes", "Builtin", "HostManifest", "HostApp", "HostGateway", "HostTelemetry", httpTypes]),
]

let package = Package(
    name: "penstock",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "penstock", targets: ["penstock"]),
        .executable(name: "penstock-bench", targets: ["penstock-bench"]),
        // The averages as a library of the dynamic tier, for measuring.
        .library(name: "DynamicIndicators", type: .dynamic, targets: ["DynamicIndicators"]),
        // The same plugins as a library of the dynamic tier, for the tests.
        .library(name: "FaultyPlugins", type: .dynamic, targets: ["FaultyPlugins"]),
    ],
    dependencies: [
        .package(path: "PluginKit"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Without its readers of configuration files, which nothing here uses.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: clibraries + sharedTargets + hostTargets + pluginTargets + testTargets + [
        .executableTarget(
            name: "penstock-fuzz", dependencies: [kit, "HostManifest", "HostPlugins", "Indicators"], path: "Tests/Fuzz",
            swiftSettings: settings),
        .executableTarget(
            name: "penstock-process-bench",
            dependencies: [kit, "HostCore", "HostPlugins", "HostProcess", "Indicators", arguments],
            path: "Tests/Benchmarks/Process", swiftSettings: settings),
        .executableTarget(name: "penstock-load", path: "Tests/Benchmarks/Load", swiftSettings: settings),
        .target(
            name: "DynamicIndicators", dependencies: [kit, "Indicators"], path: "Tests/Support/DynamicIndicators",
            swiftSettings: settings),
        .target(name: "CAllocationCounter", path: "Tests/Benchmarks/CAllocationCounter"),
        .executableTarget(
            name: "penstock-bench",
            dependencies: [
                kit, "AccessScopes", "CAllocationCounter", "HostApp", "HostManifest", "HostCore", "HostGateway",
                "Builtin", "HostSecurity", "HostStorage", "HostTelemetry", "HostTraining", "HostTrading",
                "HostWebSocket", "Indicators", "PredictionTargets",
                "GradientBoostingModel", "RandomForestModel", "TreeEnsembles", "XGBoostInterface", "XGBoostModel",
                "BinanceProvider", "DelimitedText", "JSONReading", "CSVSink", "KafkaSink", "NDJSONSink",
                "ParquetSink", "PostgresSink", "RedisSink", "SQLiteSink", "WebSocketSink", "TestSupport", arguments,
                hummingbird,
                logging, lifecycle,
                signals,
            ] + nio,
            path: "Tests/Benchmarks/Sources", swiftSettings: settings),
    ]
)
