import FoundationEssentials
import HostManifest
import PluginKit
import Testing

@Suite struct JSONSchemaTests {
    /// Any JSON value.
    private indirect enum JSON: Decodable, Equatable {
        case object([String: JSON])
        case array([JSON])
        case string(String)
        case number(Double)
        case boolean(Bool)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode([String: JSON].self) {
                self = .object(value)
            } else if let value = try? container.decode([JSON].self) {
                self = .array(value)
            } else if let value = try? container.decode(Bool.self) {
                self = .boolean(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else {
                self = .string(try container.decode(String.self))
            }
        }

        subscript(key: String) -> JSON? { if case .object(let entries) = self { entries[key] } else { nil } }
        subscript(place: Int) -> JSON? { if case .array(let items) = self { items[place] } else { nil } }
        var keys: [String] { if case .object(let entries) = self { entries.keys.sorted() } else { [] } }
    }

    private func schema() throws -> JSON {
        try JSONDecoder().decode(JSON.self, from: Data(JSONSchemaWriter(plugins: fakePlugins).text().utf8))
    }

    @Test func isTheSameTextEachTime() {
        let text = JSONSchemaWriter(plugins: fakePlugins).text()
        #expect(text == JSONSchemaWriter(plugins: fakePlugins.reversed()).text())
        #expect(text.hasSuffix("}\n") && text.contains("\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""))
    }

    @Test func describesEveryTopLevelKey() throws {
        let schema = try schema()
        #expect(
            schema["properties"]?.keys == [
                "host", "indicators", "instruments", "models", "pipelines", "providers", "risk", "routes", "sinks",
                "strategies", "version",
            ])
        #expect(schema["additionalProperties"] == .boolean(false))
        #expect(schema["patternProperties"]?.keys == ["^x-"])
    }

    @Test func describesEveryPlugin() throws {
        let definitions = try #require(try schema()["$defs"])
        #expect(
            definitions.keys.filter { !$0.hasPrefix("option.") } == [
                "indicator", "indicator.cross_section", "indicator.eps", "indicator.macd", "indicator.rsi", "model",
                "model.ensemble", "model.ridge", "provider", "provider.cloud", "provider.files", "provider.reports",
                "quoted_flag", "quoted_number", "quoted_whole_number", "sink", "sink.console", "sink.sqlite",
                "substitution",
            ])
        let period = try #require(definitions["indicator.rsi"]?["properties"]?["period"])
        #expect(period["default"] == .number(14))
        #expect(period["description"] == .string("Bars the average runs over. Unit: bars."))
        guard case .array(let choices) = period["anyOf"] else {
            Issue.record("no anyOf")
            return
        }
        #expect(choices.first?["minimum"] == .number(2) && choices.first?["maximum"] == .number(100_000))
        #expect(definitions["provider.files"]?["required"] == .array([.string("plugin"), .string("path")]))
        #expect(
            definitions["indicator"]?["properties"]?["plugin"]?["anyOf"]?[0]?["enum"]
                == .array([.string("cross_section"), .string("eps"), .string("macd"), .string("rsi")]))
        #expect(definitions["provider.files"]?["properties"]?["api_key"]?["default"] == nil)
    }

    @Test func whatSeveralPluginsHaveIsWrittenOnce() throws {
        let text = JSONSchemaWriter(plugins: fakePlugins).text()
        let definitions = try #require(try schema()["$defs"])
        #expect(definitions["option.enabled"]?["default"] == .boolean(true))
        for plugin in ["indicator.rsi", "model.ridge", "sink.console"] {
            #expect(definitions[plugin]?["properties"]?["enabled"]?["$ref"] == .string("#/$defs/option.enabled"))
        }
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 400 })
    }

    /// The host reads what is written, whatever YAML takes it for: an editor must not mark it.
    @Test(arguments: [
        ("quoted_whole_number", ["14", "+14", "1_000"], ["14.5", "1e3", "_1", "x"]),
        ("quoted_number", ["14", "-0.5", "1e-3", ".5", "10_000.5"], ["x", "1e", "0x10", "."]),
        ("quoted_flag", ["true", "false"], ["yes", "1"]),
    ]) func allowsInQuotesWhatTheHostReads(_ name: String, _ right: [String], _ wrong: [String]) throws {
        guard case .string(let pattern) = try schema()["$defs"]?[name]?["pattern"] else {
            Issue.record("no pattern")
            return
        }
        let regex = try Regex(pattern)
        for text in right { #expect(try regex.wholeMatch(in: text) != nil, "\(text)") }
        for text in wrong { #expect(try regex.wholeMatch(in: text) == nil, "\(text)") }
        let option = ["quoted_whole_number": "period", "quoted_number": "alpha"][name]
        for text in right where option == "period" {
            #expect(faults(manifest(indicators: "{ rsi14: { plugin: rsi, period: \"\(text)\" } }")).isEmpty)
        }
    }

    @Test func writesAnEmptyCatalogue() {
        #expect(JSONSchemaWriter(plugins: []).text().contains("\"enum\": []"))
    }

    @Test func writesDefaultsOfEveryType() throws {
        struct Everything: FakeIndicator {
            static let descriptor = PluginDescriptor(
                kind: .indicator, name: "everything", summary: "Has \"quotes\", a \\ and\na line,\ta tab,\r and \u{1}.",
                schema: ConfigurationSchema([
                    ConfigurationOption(
                        "list", .list(.integer(Int.min...Int.max), 0...Int.max), default: .list([.integer(1)]),
                        "A list."),
                    ConfigurationOption(
                        "map", .map(.number(-Double.infinity...Double.infinity)),
                        default: .map(["b": .number(0.5), "a": .boolean(true)]), "A map."),
                    ConfigurationOption("key", .secret, default: .secret(Secret("hunter2")), "A secret."),
                    ConfigurationOption(
                        "record",
                        .record(
                            ConfigurationSchema([
                                .duration("t", .zero...(.seconds(9)), default: .seconds(1), "A span."),
                                .text("u", "A text."),
                            ])), default: .map(["t": .duration(.seconds(2))]), "A record."),
                    ConfigurationOption("least", .integer(Int.min...5), "At most."),
                    ConfigurationOption("one", .integer(3...3), "One."),
                    ConfigurationOption("any", .number(-Double.infinity...Double.infinity), "Any."),
                ]))
        }
        let text = JSONSchemaWriter(plugins: [.indicator(Everything.self)]).text()
        #expect(!text.contains("hunter2"))
        let json = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
        let properties = try #require(json["$defs"]?["indicator.everything"]?["properties"])
        #expect(properties["list"]?["default"] == .array([.number(1)]))
        #expect(properties["map"]?["default"] == .object(["a": .boolean(true), "b": .number(0.5)]))
        #expect(properties["record"]?["default"] == .object(["t": .string("2s")]))

        let loader = ManifestLoader(plugins: fakePlugins + [.indicator(Everything.self)])
        let result = loader.load(text: manifest(indicators: "{ e: { plugin: everything } }"))
        let loaded = try #require(result.manifest, "\(result.report)")
        let explainer = ConfigurationExplainer(loaded)
        #expect(try explainer.explain("indicators.e.map").value == "{a: true, b: 0.5}")
        #expect(try explainer.explain("indicators.e.map.b").value == "0.5")
        #expect(try explainer.explain("indicators.e.record.t").value == "2s")
        #expect(try explainer.explain("indicators.e.record.u").value == nil)
        #expect(try explainer.explain("indicators.e.key").value == "<secret>")
        #expect(try explainer.explain("indicators.e.least").allowed == "at most 5")
        #expect(try explainer.explain("indicators.e.one").allowed == "3")
        #expect(try explainer.explain("indicators.e.any").allowed == "any finite number")
        let faulty = loader.load(text: manifest(indicators: "{ e: { plugin: everything, any: x, list: [y] } }"))
        #expect(
            faulty.faults.map(\.message) == [
                "indicator/e: 'any' is 'x'; allowed any finite number.",
                "indicator/e: 'list[0]' is 'y'; allowed any whole number.",
            ])
    }
}
