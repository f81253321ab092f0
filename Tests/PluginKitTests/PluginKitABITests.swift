import FoundationEssentials
import Glibc
import PluginKit
import TestSupport
import Testing

/// A library built with another layout of these types crashes the host; the gate's name is what keeps it out.
struct PluginKitABITests {
    private static let root = Repository.root

    private static let record = "\(root)/Tests/Fixtures/PluginKit/abi-\(PluginGates.abi).txt"

    /// Compares with the record of this ABI; `PENSTOCK_RECORD_ABI=1` writes it.
    @Test func theInterfaceIsTheOneThatTheGateStandsFor() throws {
        let found = try (layouts + declarations()).joined(separator: "\n") + "\n"
        if getenv("PENSTOCK_RECORD_ABI") != nil {
            try FileManager.default.createDirectory(
                atPath: "\(Self.root)/Tests/Fixtures/PluginKit", withIntermediateDirectories: true)
            try found.write(toFile: Self.record, atomically: true, encoding: .utf8)
        }
        let known = try String(contentsOfFile: Self.record, encoding: .utf8)
        let changed = Set(known.split(separator: "\n")).symmetricDifference(found.split(separator: "\n")).sorted()
        #expect(
            known == found,
            """
            PluginKit's interface is not that of pluginkit_abi_\(PluginGates.abi). Where built plugins break (a layout, a \
            requirement, a case), give the gate a new name in pluginkit_gates.h, gates.c, PluginModule and PluginGates. \
            Then record it: PENSTOCK_RECORD_ABI=1 swift test --filter PluginKitABITests. Changed:
            \(changed.prefix(20).joined(separator: "\n"))
            """)
    }

    @Test(arguments: [
        "pluginkit_abi_\(PluginGates.abi)", "pluginkit_swift_\(PluginGates.compiler.replacing(".", with: "_"))",
    ])
    func theKitDefinesTheGatesItNames(gate: String) { #expect(dlsym(nil, gate) != nil) }

    @Test func whatIsExportedComesBack() {
        let pointer = exportPlugins()
        let object = Unmanaged<AnyObject>.fromOpaque(pointer).takeRetainedValue()
        #expect((object as? PluginModule)?.plugins.isEmpty == true)
    }

    private var layouts: [String] {
        let types: [Any.Type] = [
            Bar.self, Quote.self, Trade.self, OrderBook.self, Figure.self, FigureName.self, Factor.self,
            EventFlags.self, EventKind.self,
            EventBatch.self, Defect.self, Instrument.self, InstrumentID.self, Timeframe.self, Configuration.self,
            ConfigurationValue.self, ConfigurationSchema.self, ConfigurationOption.self, OptionType.self, Secret.self,
            ConfigurationFault.self, PluginContext.self, PluginDescriptor.self, PluginError.self, PluginKind.self,
            PluginTier.self, PluginType.self, ProviderCapabilities.self, OutputColumn.self, Reply.self,
            FetchRequest.self, Subscription.self, StreamPosition.self, Delivery.self, FeatureRows.self, OutputRow.self,
            TensorShape.self, TrainingSet.self, FitContext.self, StateWriter.self, StateReader.self, RecordBatch.self,
            WriteReceipt.self,
        ]
        return types.map { type in
            func layout<Type>(_ type: Type.Type) -> String {
                "layout \(String(reflecting: type)) size \(MemoryLayout<Type>.size) alignment "
                    + "\(MemoryLayout<Type>.alignment)"
            }
            return layout(type)
        }
    }

    private func declarations() throws -> [String] {
        let folder = "\(Self.root)/PluginKit/Sources/PluginKit"
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
        return try files.sorted().flatMap { file in
            let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            return DeclarationLines(text).lines.map { "\(file): \($0)" }
        }
    }
}

/// The lines of a source that callers are compiled against: types, cases, stored properties, requirements, public ones.
private struct DeclarationLines {
    private(set) var lines: [String] = []
    private static let types = ["struct", "enum", "class", "protocol", "extension"]

    init(_ text: String) {
        // Whether each open brace holds members, and whether they are requirements.
        var scopes: [(isType: Bool, isProtocol: Bool)] = []
        for line in text.split(separator: "\n").map({ $0.drop { $0 == " " } }) where !line.hasPrefix("//") {
            let words = line.prefix { $0 != "{" && $0 != "(" && $0 != "=" }.split { $0 == " " || $0 == ":" }.map(
                String.init)
            let isType = words.contains { Self.types.contains($0) }
            if scopes.allSatisfy(\.isType), Self.matters(words, line, inProtocol: scopes.last?.isProtocol ?? false) {
                lines.append(String(line))
            }
            for character in line {
                if character == "{" { scopes.append((isType, words.contains("protocol"))) }
                if character == "}", !scopes.isEmpty { scopes.removeLast() }
            }
        }
    }

    private static func matters(_ words: [String], _ line: Substring, inProtocol: Bool) -> Bool {
        if inProtocol || words.contains("public") || words.first == "case" || words.first == "indirect" { return true }
        guard words.contains("let") || words.contains("var") else { return false }
        return !line.hasSuffix("{") && !words.contains("static") && !(line.contains("{") && line.contains("}"))
    }
}
