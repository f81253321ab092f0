import TestSupport
import Testing

/// Who may import what, and how long a file may be. The compiler checks declared imports; this checks what is declared.
struct WallTests {
    private static let system: Set<String> = ["Glibc", "Synchronization", "Foundation", "FoundationEssentials"]
    private static let pluginModules = Set(PluginFolder.all.map(\.module) + ["Indicators", "Builtin"])

    /// Files longer than 400 lines, and why.
    private static let longFiles: [String: String] = [:]

    @Test func pluginKitImportsNothingButItsOwnGates() throws {
        try check("PluginKit/Sources/PluginKit", ["CPluginKit"])
    }

    @Test func conformanceSuitesImportTheKitOnly() throws {
        try check("PluginKit/Sources/PluginKitTesting", ["Glibc", "PluginKit", "Synchronization"])
    }

    @Test func theProtocolImportsTheKitOnly() throws {
        try check("PluginKit/Sources/StdioProtocol", ["PluginKit"])
    }

    @Test func theProcessSDKImportsNoHost() throws {
        try check(
            "PluginKit/Sources/PluginProcess", ["Dispatch", "Glibc", "PluginKit", "StdioProtocol", "Synchronization"])
    }

    @Test func coreImportsTheKitOnly() throws {
        let allowed: Set = ["PluginKit", "PredictionTargets", "RowColumns", "Synchronization", "Dispatch"]
        for file in Repository.files(under: "Sources/Host/Core", ending: ".swift") {
            let isMathematics = file.hasSuffix("/Mathematics.swift")
            let wrong = try Repository.imports(of: file).subtracting(isMathematics ? allowed.union(["Glibc"]) : allowed)
            #expect(wrong.isEmpty, "\(file) imports \(wrong.sorted().joined(separator: ", "))")
        }
    }

    @Test func trainingImportsNoLibrary() throws {
        try check(
            "Sources/Host/Training", Self.system.union(["PluginKit", "HostCore", "CivilTime", "PredictionTargets"]))
    }

    @Test func tradingImportsNoLibrary() throws {
        try check("Sources/Host/Trading", ["PluginKit", "HostCore", "CivilTime"])
    }

    @Test func manifestImportsTheKitItsParserAndTexts() throws {
        try check(
            "Sources/Host/Manifest",
            Self.system.union([
                "PluginKit", "AccessScopes", "CYAML", "CivilTime", "EditDistance", "PredictionTargets", "JSONWriting",
                // A plugin that hangs while it is asked for its columns is waited for no longer than it may take.
                "RowColumns", "Dispatch",
            ]))
    }

    @Test func pluginsImportNoHostAndNoOtherPlugin() throws {
        let common = Set(Repository.names(in: "Sources/Plugins/Common") + Repository.names(in: "Sources/Common"))
        let libraries: [String: Set<String>] = [
            "SQLite": ["GRDB"], "LocalHistory": ["CArrowData"], "SVM": ["CLibSVM"], "ONNX": ["CONNXRuntime"],
        ]
        for folder in PluginFolder.all {
            try check(folder.path, common.union(Self.system).union(["PluginKit"]).union(libraries[folder.name] ?? []))
        }
    }

    @Test func indicatorsImportArithmeticOnly() throws {
        try check(
            "Sources/Plugins/Indicators",
            ["Glibc", "PluginKit", "CivilTime", "EditDistance", "RollingStatistics", "RowColumns"])
        for file in Repository.files(under: "Sources/Plugins/Indicators", ending: ".swift") {
            let isMathematics = file.hasSuffix("/Mathematics.swift")
            #expect(try isMathematics || !Repository.imports(of: file).contains("Glibc"), "\(file) imports Glibc")
        }
    }

    @Test func whatPluginsShareImportsNoHostAndNoPlugin() throws {
        for file in Repository.files(under: "Sources/Plugins/Common", ending: ".swift") {
            let imports = try Repository.imports(of: file)
            let wrong = imports.filter { $0.hasPrefix("Host") || Self.pluginModules.contains($0) }
            #expect(wrong.isEmpty, "\(file) imports \(wrong.sorted().joined(separator: ", "))")
        }
    }

    @Test func whatHostAndPluginsShareImportsNeither() throws {
        let pluginSide = Self.pluginModules.union(Repository.names(in: "Sources/Plugins/Common"))
        for file in Repository.files(under: "Sources/Common", ending: ".swift") {
            let imports = try Repository.imports(of: file)
            let wrong = imports.filter { $0.hasPrefix("Host") || pluginSide.contains($0) }
            #expect(wrong.isEmpty, "\(file) imports \(wrong.sorted().joined(separator: ", "))")
        }
    }

    @Test func onlyTheCompositionRootImportsPlugins() throws {
        for file in Repository.files(under: "Sources/Host", ending: ".swift") {
            let wrong = try Repository.imports(of: file).intersection(Self.pluginModules)
            let isRoot = file.hasPrefix("Sources/Host/App/") || file.hasPrefix("Sources/Host/CLI/")
            #expect(wrong.isEmpty || (isRoot && wrong == ["Builtin"]), "\(file) imports \(wrong.sorted())")
        }
    }

    @Test func builtinImportsPluginsOnly() throws {
        try check("Sources/Plugins/Builtin", Self.pluginModules.union(["PluginKit"]).subtracting(["Builtin"]))
    }

    @Test func filesHaveAtMost400Lines() throws {
        for folder in ["Sources", "PluginKit/Sources", "Tests"] {
            for file in Repository.files(under: folder, ending: ".swift") {
                let count = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).count - 1
                let isAllowed = count <= 400 || Self.longFiles[file] != nil
                #expect(isAllowed, "\(file) has \(count) lines; allowed 400, or a reason in longFiles")
            }
        }
    }

    @Test func pluginKitHasAtMost3500Lines() throws {
        let counts = try Repository.files(under: "PluginKit/Sources/PluginKit", ending: ".swift").map { file in
            try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).count - 1
        }
        #expect(!counts.isEmpty && counts.reduce(0, +) <= 3_500)
    }

    private func check(_ folder: String, _ allowed: Set<String>) throws {
        let files = Repository.files(under: folder, ending: ".swift")
        #expect(!files.isEmpty, "\(folder): no file was found")
        for file in files {
            let wrong = try Repository.imports(of: file).subtracting(allowed)
            #expect(wrong.isEmpty, "\(file) imports \(wrong.sorted().joined(separator: ", "))")
        }
    }
}
